{#- Mailboxes nobody reads: typed to get past a form. The only list of them in the project. -#}
{% macro junk_mailboxes() -%}
{{ return([
    'noemail', 'no-email', 'no_email', 'no[.]email', 'nomail', 'no-mail', 'no', 'none', 'na', 'n[.]a',
    'null', 'nobody', 'unknown', 'notprovided', 'not-provided', 'keine', 'keineemail',
    'keine-email', 'noreply', 'no-reply', 'no_reply', 'donotreply', 'do-not-reply', 'do_not_reply',
    'mailer-daemon', 'postmaster', 'test', 'tests', 'testing', 'tester', 'test[0-9]+', 'asdf', 'asd',
    'qwerty', 'qwertz', 'abc', 'aaa+', 'xxx+', '[0-9]',
]) }}
{%- endmacro %}

{#- Domains that take no mail, by their first label ('example.com') or whole. -#}
{% macro junk_mail_domains() -%}
{{ return([
    'example[.][a-z]+', 'example[.]co[.]uk', 'test[.][a-z]+', 'noemail[.][a-z]+', 'nomail[.][a-z]+',
    'none[.][a-z]+', 'invalid[.][a-z]+', 'domain[.][a-z]+', 'localhost[.][a-z]+', '.*[.]invalid',
    '.*[.]localhost',
]) }}
{%- endmacro %}


{#-
    An address that mail can be sent to: trimmed, lower case, without `mailto:` or `Name <…>`,
    null when the syntax is wrong or it is a made-up one. Dots and tags stay: they are part of
    the address; match keys are made in identity.
-#}
{% macro standardise_email(expression) -%}
{%- set unwrapped = regexp_replace_all(
    lower_text(collapse_whitespace(expression)), '^.*<[ ]*([^<>]*)>$|^[ ]*mailto:[ ]*', '\\1'
) -%}
{%- set letter = '[a-z0-9\u00a1-\uffff]' -%}
{%- set label = letter ~ '(?:[a-z0-9\u00a1-\uffff-]*' ~ letter ~ ')?' -%}
{%- set atom = "[a-z0-9!#$%&'*+/=?^_`{|}~-]+" -%}
{%- set address = '^' ~ atom ~ '(?:[.]' ~ atom ~ ')*@(?:' ~ label ~ '[.])+[a-z\u00a1-\uffff]{2,}$' -%}
{%- set junk = '^(?:' ~ (junk_mailboxes() | join('|')) ~ ')@.*$|^.*@(?:[^@]*[.])?(?:'
    ~ (junk_mail_domains() | join('|')) ~ ')$' -%}
{%- set valid = regexp_extract_first(unwrapped, address) -%}
{%- set plain_atom = '[a-z0-9_+-]+' -%}
{%- set plain_label = '[a-z0-9](?:[a-z0-9-]*[a-z0-9])?' -%}
{{ read_plain_spelling(
    expression,
    '^' ~ plain_atom ~ '(?:[.]' ~ plain_atom ~ ')*@(?:' ~ plain_label ~ '[.])+[a-z]{2,}$',
    'case when not ' ~ regexp_like(expression, junk) ~ ' then ' ~ expression ~ ' end',
    'nullif(' ~ regexp_replace_all(valid, junk, '') ~ ", '')"
) }}
{%- endmacro %}
