"""Cases of the standardising macros for text, e-mail, names, postal codes and countries."""

from __future__ import annotations

from macro_harness import Family

TEXT_FAMILIES = [
    Family(
        "lower_text",
        "{{ lower_text('a') }}",
        [("ÅÉŁ ΣЖ İ", "åéł σж i"), ("STRASSE ß", "strasse ß"), (None, None)],
    ),
    Family(
        "upper_text",
        "{{ upper_text('a') }}",
        [("åéł σж", "ÅÉŁ ΣЖ"), ("straße", "STRAßE"), ("ẞ", "ß"), (None, None)],
    ),
    Family(
        "clean_text",
        "{{ clean_text('a') }}",
        [
            ("  High   Street\t1\r\n", "High Street 1"),
            ("\u00a0High\u00a0\u200bStreet\u3000", "High Street"),
            ("", None),
            (" \u00a0 ", None),
            *[
                (junk, None)
                for junk in (
                    "n/a", "N/A", "#N/A", "n.a.", "NA", "null", "NULL", "None", "nil", "unknown",
                    "Unbekannt", "-", "--", "—", ".", "...", "?", "??", "*", "(none)",
                )
            ],
            ("Unknown Street", "Unknown Street"),
            ("Nilsson", "Nilsson"),
            ("N/A Ltd", "N/A Ltd"),
            ("test", "test"),
            ("0", "0"),
            ("-1", "-1"),
            ("O'Neil \\ x", "O'Neil \\ x"),
            (None, None),
        ],
    ),
    Family(
        "standardise_email",
        "{{ standardise_email('a') }}",
        [
            ("  Jo.Smith@Mail.COM ", "jo.smith@mail.com"),
            ("mailto:jo@mail.com", "jo@mail.com"),
            ("Jo Smith <Jo@mail.com>", "jo@mail.com"),
            ("jo.smith+shop@gmail.com", "jo.smith+shop@gmail.com"),
            ("o'neil_x-1@mail.co.uk", "o'neil_x-1@mail.co.uk"),
            ("info@müller.de", "info@müller.de"),
            ("INFO@MÜLLER.DE", "info@müller.de"),
            ("jo@postbox.example", "jo@postbox.example"),
            ("jo@example-mail.com", "jo@example-mail.com"),
            ("a@b.de", "a@b.de"),
            ("nonesuch@mail.com", "nonesuch@mail.com"),
            ("testa@mail.com", "testa@mail.com"),
            *[
                (bad, None)
                for bad in (
                    "jo", "jo@", "@mail.com", "jo@mail", "jo@@mail.com", "jo@mail..com",
                    ".jo@mail.com", "jo.@mail.com", "j..o@mail.com", "jo smith@mail.com",
                    "jo@mail.com,al@mail.com", "jo@-mail.com", "jo@mail.c", "jo@mail.123",
                    "jo@mail.com>", "jo(at)mail.com", "n/a", "-", "", "   ",
                )
            ],
            *[
                (junk, None)
                for junk in (
                    "noemail@mail.com", "NoEmail@noemail.com", "none@none.com", "test@test.de",
                    "test@mail.com", "jo@example.com", "jo@sub.example.org", "jo@test.com",
                    "noreply@shop.com", "unknown@mail.com", "na@mail.com", "asdf@mail.com",
                    "jo@host.invalid",
                )
            ],
            (None, None),
        ],
    ),
    Family(
        "standardise_name",
        "{{ standardise_name('a') }}",
        [
            (" JO ", "Jo"),
            ("jo", "Jo"),
            ("ANNE-MARIE", "Anne-Marie"),
            ("anne marie", "Anne Marie"),
            ("O'NEIL", "O'Neil"),
            ("o’neil", "O’Neil"),
            ("MCDONALD", "McDonald"),
            ("mckenzie-smith", "McKenzie-Smith"),
            ("MC", "Mc"),
            ("VAN DER BERG", "van der Berg"),
            ("von goethe", "von Goethe"),
            ("VAN", "Van"),
            ("VON", "Von"),
            ("ÉVA MÜLLER", "Éva Müller"),
            ("łukasz", "Łukasz"),
            ("ŞÜKRÜ", "Şükrü"),
            ("STRAßE", "Straße"),
            ("WEIß", "Weiß"),
            ("ОЛЬГА", "Ольга"),
            ("DeShawn", "DeShawn"),
            ("de la Cruz", "de la Cruz"),
            ("McDonald", "McDonald"),
            ("j. r.", "J. R."),
            ("J", "J"),
            ("ß", "ß"),
            ("李 明", "李 明"),
            ("Na", "Na"),
            *[
                (junk, None)
                for junk in ("", " ", "123", "12-3", "-", "n/a", "NULL", "unknown", "test", "xxx", "?")
            ],
            (None, None),
        ],
    ),
    Family(
        "standardise_gender",
        "{{ standardise_gender('a') }}",
        [
            *[(word, "female") for word in ("F", "female", " Weiblich ", "Frau", "Mrs.")],
            *[(word, "male") for word in ("M", "Male", "MÄNNLICH", "Herr", "mr")],
            *[(word, "diverse") for word in ("diverse", "d", "X", "Non-Binary")],
            *[(word, None) for word in ("", "?", "attack helicopter", None)],
        ],
    ),
    Family(
        "standardise_enum",
        "{{ standardise_enum('a', {'Paid': 'completed', 'O\\'Neil': 'x', 'none': 'y'}) }}",
        [("PAID ", "completed"), ("o'neil", "x"), ("None", "y"), ("other", None), (None, None)],
    ),
    Family(
        "standardise_postal_code",
        "{{ standardise_postal_code('a', 'b') }}",
        [
            ("sw1a1aa", "GB", "SW1A 1AA"),
            (" SW1A  1AA ", "gb", "SW1A 1AA"),
            ("SW1 A1AA", "GB", "SW1A 1AA"),
            ("m11ae", "GB", "M1 1AE"),
            ("M60-1NW", "GB", "M60 1NW"),
            ("CR2 6XH", "GB", "CR2 6XH"),
            ("DN551PT", "GB", "DN55 1PT"),
            ("10115", "DE", "10115"),
            ("1067", "DE", "01067"),
            ("D-10115", "DE", "10115"),
            ("DE 10115", "DE", "10115"),
            ("1234ab", "NL", "1234 AB"),
            ("NL-1234 AB", "NL", "1234 AB"),
            ("12345", "PL", "12-345"),
            ("12-345", "PL", "12-345"),
            ("12345", "SE", "123 45"),
            ("SE-123 45", "SE", "123 45"),
            ("1000", "FR", "01000"),
            ("75008", "FR", "75008"),
            ("d02x285", "IE", "D02 X285"),
            ("k1a0b1", "CA", "K1A 0B1"),
            ("02134-1234", "US", "02134-1234"),
            ("2134", "US", "02134"),
            ("A-1010", "AT", "1010"),
            ("1234567", "JP", "1234567"),
            ("ab 12", None, "AB 12"),
            ("SW1A 1A", "GB", "SW1A 1A"),
            ("10115", "GB", "10115"),
            ("SW1A 1AA", "DE", "SW1A 1AA"),
            ("00000", "DE", None),
            ("n/a", "GB", None),
            ("unknown", "DE", None),
            ("", "GB", None),
            (None, "GB", None),
        ],
    ),
    Family(
        "country_alias",
        "{{ country_alias('a') }}",
        [(" U.K. ", "uk"), ("ÖSTERREICH", "österreich"), ("United\u00a0 Kingdom", "united kingdom")],
    ),
]
