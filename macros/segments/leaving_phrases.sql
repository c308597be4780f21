{#
    Phrases of announces_leaving, by language: `harmless` is taken out of the text before
    `leaving` is looked for. Written over lower-case words with single blanks between them and
    ' . ' at the end of a clause, in what RE2 and Postgres' regular expressions share. An
    apostrophe is a blank, except that "n't" is one word with its verb (dont, wont).
#}
{% macro leaving_phrases() -%}
    {%- set word = '[a-zà-öø-ÿœ]+ ' -%}
    {%- set few, some = '(?:' ~ word ~ '){0,2}', '(?:' ~ word ~ '){0,4}' -%}
    {{- return({
        'en': english_leaving_phrases(few, some),
        'de': german_leaving_phrases(few, some),
        'fr': french_leaving_phrases(few, some),
        'es': spanish_leaving_phrases(few, some),
    }) -}}
{%- endmacro %}


{% macro english_leaving_phrases(few, some) -%}
    {%- set leave = '(?:leav(?:e|ing)|quit(?:ting)?|cancel(?:ling|ing)?|clos(?:e|ing)|delet(?:e|ing)'
        ~ '|switch(?:ing)?|terminat(?:e|ing)|end(?:ing)?|go(?:ing)? elsewhere)' -%}
    {%- set wish = '(?:wants?|wanted|wish|wishes|plan|plans|planning|intends?|going|thinking'
        ~ '|thought|mean|tell|told|asked|ask|said|say)' -%}
    {%- set will = '(?:wants?|wanted|wish|wishes|like|intends?|plans?|planning|going|decided'
        ~ '|threatens|threatened|about|ready|need|needs|asks|asked)' -%}
    {%- set ties = '(?:accounts?|membership|subscription|contract|loyalty card|profile)' -%}
    {%- set shop = '(?:shop|store|company|brand|club|programme|program|scheme|retailer)' -%}
    {%- set rival = '(?:competitors?|competition|rival|somebody else|someone else'
        ~ '|(?:another|a different|other) (?:shop|store|company|brand|retailer|provider|supplier)s?)' -%}
    {{- return({
        'harmless': [
            '(?:not|never|dont|doesnt|didnt|wont|wouldnt|isnt|arent|cannot|cant|no longer) '
                ~ '(?:really |actually |even |be )?(?:' ~ wish ~ ' )?'
                ~ '(?:to |of |about |(?:that )?(?:i|we|he|she|they) )?'
                ~ '(?:be )?(?:want to |wanted to |wish to )?' ~ leave,
            'no (?:wish|plans?|intention|reason|need|desire) (?:to|of|for) ' ~ leave,
            '(?:without|instead of|rather than|before) ' ~ leave,
            'cancel(?:l?ed|l?ing|s)? ' ~ few ~ '(?:orders?|items?|delivery|purchase|payment'
                ~ '|reservation|appointment|booking|parcel|shipment|return|collection'
                ~ '|newsletters?|e ?mails?)',
            '(?:clos|delet)(?:e|ed|ing) ' ~ few ~ '(?:tickets?|case|complaint|request|reviews?'
                ~ '|address|comment|payment|basket|order)',
            '(?:leave|leaving|left) (?:an?|it|them|him|her|me|my|feedback|comments?'
                ~ '|(?:five|good|bad|positive|negative|honest) [a-z]+'
                ~ '|(?:the|your|this) (?:parcels?|packages?|box|items?|order|delivery|house'
                ~ '|office|building|keys?)|for (?:work|holidays?|the))',
        ],
        'leaving': [
            will ~ ' to (?:leave|quit|cancel|go elsewhere|stop (?:shopping|buying|ordering))',
            '(?:i|we|he|she|they|customer) (?:ll|will) (?:leave|quit|cancel|go elsewhere)',
            '(?:thinking|thinks|talks|talked) (?:of|about) (?:leaving|quitting|cancelling'
                ~ '|canceling|going elsewhere)',
            '(?:cancel|clos|delet|terminat|end|deactivat)(?:e|es|s|ing|ling)? ' ~ few ~ ties,
            '(?:cancel|close|delete|terminate|end|deactivate) ' ~ few ~ ties,
            '(?:cancellation|closure|deletion) of ' ~ few ~ ties,
            '(?:switch|switches|switching|switched|move|moves|moving|go|goes|going|leave|leaving'
                ~ '|change|changing|defect) ' ~ few ~ '(?:to|for) (?:an? |the |your )?' ~ rival,
            'leav(?:e|ing) (?:you|us|your ' ~ shop ~ '|the (?:loyalty )?' ~ shop ~ '|this ' ~ shop ~ ')',
            '(?:take|taking|takes|took) (?:my|our|his|her|their) (?:business|custom|money) '
                ~ '(?:elsewhere|somewhere else)',
            '(?:shop|shopping|buy|buying|order|ordering|go|going|look|looking) ' ~ few
                ~ '(?:elsewhere|somewhere else)',
            '(?:never|not|wont|nor) ' ~ few ~ '(?:buy|buying|order|ordering|shop|shopping'
                ~ '|come back|coming back|return|returning) ' ~ some
                ~ '(?:again|any ?more|any longer|ever)',
            'never again ' ~ few ~ '(?:buy|order|shop)',
            'no longer (?:wants? to |wish to |wishes to |going to )?(?:be|remain|stay) ' ~ few
                ~ '(?:customer|member|client)',
            '(?:this|that) (?:is|was|will be) (?:my|our|the) (?:very )?last (?:order|purchase)',
            '(?:done|finished|through) with (?:you|your ' ~ shop ~ '|this ' ~ shop ~ ')',
            'looking for (?:an? )?(?:alternatives?|' ~ rival ~ ')',
        ],
    }) -}}
{%- endmacro %}


{% macro german_leaving_phrases(few, some) -%}
    {%- set terminate = '(?:kündigen|kuendigen|wechseln|verlassen|löschen|loeschen|weggehen)' -%}
    {%- set termination = '(?:kündigung|kuendigung)' -%}
    {%- set ties = '(?:konto|kundenkonto|account|profil|mitgliedschaft|kundenkarte|vertrag|abo)' -%}
    {%- set close = '(?:löschen|loeschen|gelöscht|schließen|schliessen|geschlossen|auflösen|beenden)' -%}
    {%- set rival = '(?:konkurrenz|mitbewerbern?|anderen (?:anbietern?|händlern?|shops?|laden'
        ~ '|geschäft))' -%}
    {{- return({
        'harmless': [
            'nicht ' ~ few ~ terminate,
            'keine ' ~ few ~ termination,
            'ohne ' ~ few ~ '(?:' ~ termination ~ '|zu ' ~ terminate ~ ')',
            'statt ' ~ few ~ terminate,
            '(?:bestellung|artikel|lieferung|termin|newsletter) ' ~ few
                ~ '(?:kündigen|kuendigen|stornieren|löschen|abbestellen)',
            '(?:kündigung|kuendigung) (?:des newsletters|der bestellung|meiner wohnung)',
            '(?:auf|mich) ' ~ some ~ 'verlassen',
            '(?:kann|können|konnte|lässt) ' ~ some ~ 'nicht mehr ' ~ some ~ '(?:bestellen|kaufen)',
            'nicht mehr ' ~ some ~ '(?:bestellen|kaufen) (?:kann|können|konnte)',
        ],
        'leaving': [
            '(?:kündige|kündigen|kündigt|gekündigt|kuendige|kuendigen|gekuendigt)',
            termination,
            ties ~ ' ' ~ some ~ close,
            '(?:löschen|schließen|schliessen|beenden|löschung|auflösung) ' ~ some ~ ties,
            rival ~ ' ' ~ few ~ '(?:wechseln|wechselt|gehen|geht|kaufen|bestellen)',
            '(?:wechsle|wechseln|wechselt|gehe|gehen|geht) ' ~ some ~ rival,
            '(?:anbieter|händler) ' ~ few ~ 'wechseln',
            '(?:nie wieder|nie mehr|nicht mehr) ' ~ some
                ~ '(?:bestellen|bestelle|kaufen|kaufe|einkaufen|wiederkommen)',
            '(?:bestelle|kaufe) ' ~ some ~ '(?:nie wieder|nie mehr|nicht mehr)',
            '(?:woanders|anderswo) ' ~ few ~ '(?:kaufen|kaufe|bestellen|bestelle|einkaufen|umsehen)',
            '(?:kaufe|kaufen|bestelle|bestellen) ' ~ few ~ '(?:woanders|anderswo)',
            '(?:möchte|will|werde|wollen|überlegt|überlege|droht|plant|plane) ' ~ some
                ~ '(?:verlassen|wegzugehen|weggehen)',
            'den rücken (?:zu )?kehren',
            '(?:keine?|nicht (?:mehr|länger)) (?:ihr |ihre )?(?:kunde|kundin|mitglied)(?: mehr| sein)?',
        ],
    }) -}}
{%- endmacro %}


{% macro french_leaving_phrases(few, some) -%}
    {%- set ties = '(?:compte|abonnement|adhésion|carte|contrat)' -%}
    {{- return({
        'harmless': [
            'pas ' ~ few ~ '(?:résilier|résiliation|quitter|fermer|clôturer|supprimer|partir)',
            'sans ' ~ few ~ '(?:résilier|résiliation|quitter|fermer)',
            '(?:annuler|résilier) ' ~ few ~ '(?:commande|livraison|article|newsletter)',
        ],
        'leaving': [
            '(?:résilier|résilie|résiliation)',
            '(?:fermer|clôturer|supprimer|fermeture de|clôture de) ' ~ few ~ ties,
            '(?:veux|veut|souhaite|vais|va|voudrais|compte) (?:vous )?(?:quitter|partir)',
            'changer de (?:fournisseur|magasin|marque|boutique|enseigne)',
            '(?:chez|vers) ' ~ few ~ '(?:concurrents?|concurrence)',
            '(?:à|a) la concurrence',
            '(?:achèterai|commanderai|reviendrai) ' ~ few ~ '(?:plus|jamais)',
            'plus jamais ' ~ few ~ '(?:acheter|commander|achat|commande)',
            '(?:voir|acheter|commander|achète|commande) ailleurs',
        ],
    }) -}}
{%- endmacro %}


{% macro spanish_leaving_phrases(few, some) -%}
    {%- set ties = '(?:cuenta|suscripción|membresía|contrato|tarjeta)' -%}
    {{- return({
        'harmless': [
            'no (?:quiero|quiere|deseo|desea|pienso|piensa|voy a) '
                ~ '(?:cancelar|dejar|cerrar|irme|irse|darme|darse)(?: de baja)?',
            'sin ' ~ few ~ '(?:cancelar|cerrar)',
            '(?:cancelar|anular) ' ~ few ~ '(?:pedido|entrega|artículo|compra|boletín)',
        ],
        'leaving': [
            '(?:darme|darse|dar) de baja',
            '(?:cerrar|cancelar|eliminar|borrar) ' ~ few ~ ties,
            '(?:irme|irse|voy|pasarme|cambiarme) ' ~ few ~ 'competencia',
            '(?:no volveré|nunca más) ' ~ few ~ '(?:comprar|pedir|compraré|pediré)',
            'comprar en otr[ao] (?:tienda|sitio|lugar)',
        ],
    }) -}}
{%- endmacro %}
