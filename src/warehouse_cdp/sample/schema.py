"""The columns of every raw and truth table, in file order."""

from __future__ import annotations

_WITH_DELETED = "_deleted _loaded_at"
_SHOP = {
    "customers": "id email first_name last_name phone address1 address2 city province zip"
    " country_code date_of_birth accepts_marketing tags created_at updated_at " + _WITH_DELETED,
    "orders": "id order_number customer_id email phone shipping_name shipping_address1"
    " shipping_address2 shipping_city shipping_zip shipping_country_code currency subtotal_price"
    " total_discounts total_tax shipping_price total_price financial_status fulfillment_type"
    " is_test created_at updated_at cancelled_at _loaded_at",
    "order_lines": "id order_id line_number product_id sku title quantity price total_discount"
    " tax _loaded_at",
    "refunds": "id order_id order_line_id quantity amount reason created_at _loaded_at",
    "products": "id sku title product_type vendor price status created_at updated_at _loaded_at",
}
_RAW = {
    "crm": {
        "contacts": "id account_id salutation first_name middle_name last_name suffix birthdate"
        " gender email email_2 email_3 phone mobile_phone mailing_street mailing_street_2"
        " mailing_city mailing_state mailing_postal_code mailing_country title"
        " preferred_language master_record_id created_date last_modified_date " + _WITH_DELETED,
        "accounts": "id name website industry employee_count billing_city billing_postal_code"
        " billing_country created_date last_modified_date " + _WITH_DELETED,
        "call_notes": "id contact_id agent direction called_at duration_seconds body _loaded_at",
    },
    "shop_uk": _SHOP,
    "shop_de": _SHOP,
    "pos": {
        "receipts": "receipt_no receipt_type original_receipt_no store_id store_country till_id"
        " sold_at loyalty_card phone web_order_number currency total discount_total tax_total"
        " payment_method _loaded_at",
        "receipt_lines": "receipt_no line_no sku description quantity unit_price discount tax"
        " _loaded_at",
    },
    "web": {"events": "event_id received_at payload _loaded_at"},
    "app": {"events": "event_id received_at payload _loaded_at"},
    "email": {
        "subscribers": "email first_name last_name country list status signup_ts updated_ts "
        + _WITH_DELETED,
        "campaigns": "campaign_id name subject channel utm_campaign sent_ts _loaded_at",
        "events": "event_id campaign_id email type bounce_type url ts _loaded_at",
    },
    "loyalty": {
        "members": "card_no title forename surname dob email mobile street town postcode country"
        " tier referral_code joined_on updated_at " + _WITH_DELETED,
        "points": "transaction_id card_no points reason receipt_no occurred_at _loaded_at",
    },
    "support": {
        "requesters": "id name email phone organization locale time_zone created_at updated_at "
        + _WITH_DELETED,
        "tickets": "id requester_id subject description status priority channel satisfaction"
        " created_at updated_at solved_at _loaded_at",
    },
    "surveys": {
        "responses": "response_id survey_name respondent_email respondent_name score comment"
        " reason referral_code submitted_at _loaded_at",
    },
    "social": {
        "profiles": "profile_id network handle display_name email location created_at _loaded_at",
        "interactions": "interaction_id profile_id network type text sentiment utm_campaign"
        " occurred_at _loaded_at",
    },
    "devices": {
        "registrations": "mac_address model owner_name owner_email owner_phone country firmware"
        " registered_at updated_at " + _WITH_DELETED,
        "telemetry": "reading_id mac_address metric value unit recorded_ts _loaded_at",
    },
    "ads": {
        "spend": "date platform campaign_id campaign_name utm_campaign impressions clicks cost"
        " currency _loaded_at",
    },
    "consent": {
        "events": "consent_event_id contact_point_type contact_point purpose channel status"
        " legal_basis method notice_version occurred_at _loaded_at",
        "privacy_requests": "request_id request_type contact_point_type contact_point status"
        " received_at completed_at _loaded_at",
    },
}
RAW_TABLES: dict[str, tuple[str, ...]] = {
    f"{source}/{table}": tuple(columns.split())
    for source, tables in _RAW.items()
    for table, columns in tables.items()
}
"""``<source>/<table>`` to its columns."""

TRUTH_TABLES: dict[str, tuple[str, ...]] = {
    "persons": (
        "person_id", "given_name", "family_name", "birth_date", "current_email",
        "current_address_line_1", "current_city", "current_postal_code", "current_country_code",
        "household_id",
    ),
    "person_records": ("source", "record_type", "source_pk", "person_id", "reason"),
    "interactions": (
        "source", "interaction_type", "interaction_id", "person_id", "is_knowable", "reason",
    ),
    "scenarios": ("scenario", "wave", "person_id", "record_ids"),
}  # fmt: skip
"""Truth tables; no model may read them. ``scenarios`` names what waves 2 and 3 stage."""

FILES: dict[str, tuple[str, ...]] = {f"raw/{name}": cols for name, cols in RAW_TABLES.items()} | {
    f"truth/{name}": cols for name, cols in TRUTH_TABLES.items()
}
"""Every file of a sample (without its ending) to its columns."""
