-- A phrase book for the macro announces_leaving: what counts as the wish to leave and what only
-- sounds like it. When a real text was judged wrongly, add it here first.
{% set phrases = {
    true: [
        'I want to cancel my membership.',
        'Please close my account, I am leaving for a competitor.',
        'If this is not solved I will leave.',
        "I don't want to be difficult, but I'm switching to another shop.",
        'I do not want to cancel, but I will take my business elsewhere',
        'Customer announced that she is going to quit.',
        'Caller threatened to leave us unless refunded',
        'We will never order from you again!',
        "I won't be buying from you any more",
        'This was my last order. Thinking about going elsewhere.',
        'No longer wish to be a customer of yours.',
        'CANCEL MY SUBSCRIPTION',
        'Asks for deletion of her customer account',
        'Cancel my last order and delete my account',
        'I’m done with this company.',
        'Hiermit kündige ich meine Kundenkarte.',
        'Bitte löschen Sie mein Konto, ich kaufe künftig woanders.',
        'Ich wechsle zu einem anderen Anbieter.',
        'Die Kundin droht mit Kündigung',
        'Ich bin nicht zufrieden, werde kündigen.',
        'Das war es, ich bestelle hier nie wieder!',
        'Überlegt, zur Konkurrenz zu wechseln; will zur Konkurrenz gehen',
        'Ich möchte Ihren Kundenclub verlassen',
        'KÜNDIGUNG',
        'Je souhaite résilier mon abonnement.',
        'Je vais fermer mon compte et aller voir ailleurs',
        'Quiero darme de baja',
        'Voy a cerrar mi cuenta.',
    ],
    false: [
        '',
        'I do not want to cancel my membership.',
        "I don't want to leave, I only want my parcel",
        'I never said I wanted to cancel',
        'She is not leaving us.',
        'No intention of closing the account',
        'Please cancel my order.',
        'Customer wants to cancel the second order and keep the first',
        'I would like to cancel my newsletter',
        'I wanted to leave a review but the form is broken',
        'Please leave the parcel with the neighbour',
        'I am leaving feedback about your friendly staff',
        'Please close this ticket, thank you',
        'Can I delete my old address?',
        'I want to switch to a bigger size',
        'My last order was damaged',
        'Where can I buy spare parts?',
        'Never again had a problem since the repair, great service',
        'Ich möchte nicht kündigen.',
        'Ich habe nicht vor zu kündigen',
        'Keine Kündigung, nur eine Frage zur Rechnung',
        'Bitte meine Bestellung stornieren',
        'Ich möchte den Newsletter kündigen',
        'Ich will mich auf Sie verlassen können',
        'Ich kann seit gestern nicht mehr bestellen',
        'Kann ich die Größe wechseln?',
        'Je ne veux pas résilier mon abonnement',
        'Je voudrais annuler ma commande',
        'No quiero cancelar mi cuenta',
        'Quiero cancelar mi pedido',
    ],
} %}
with

phrases as (
    {% for is_leaving, texts in phrases.items() -%}
        {% set first_group = loop.first -%}
        {% for text in texts -%}
            {% if not (first_group and loop.first) %}union all{% endif %}
            select
                {{ text_literal(text) }} as phrase,
                {{ is_leaving | lower }} as is_leaving
        {% endfor -%}
    {% endfor %}
),

judged as (
    select
        phrase,
        is_leaving,
        {{ announces_leaving('phrase') }} as is_judged_leaving
    from phrases
)

select
    phrase,
    is_leaving,
    is_judged_leaving
from judged
where is_judged_leaving <> is_leaving
