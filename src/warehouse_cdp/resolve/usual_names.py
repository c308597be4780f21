"""Names that files usually give to standard columns: which are taken, and which only proposed.

A name that can mean but one thing is taken (``dob``, ``Nachname``), and the summary says so. One
that may mean two is proposed: whether ``name`` is a family name or a full one, and whether
``unique_id`` is unique, is the user's to say. Street and house number in columns of their own are
one address.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

# In the order in which they are taken where a file has several.
TAKEN: Final[Mapping[str, str]] = {
    "given_name": "first_name firstname fname forename forenames first_names given_names vorname "
    "prenom nombre nome_proprio christian_name name_first imie fornavn fornamn voornaam",
    "middle_name": "middlename middle_names mname second_name zweitname middle_initial "
    "middle_init segundo_nombre deuxieme_prenom",
    "family_name": "surname last_name lastname lname sname name_last nachname familienname "
    "nom_de_famille apellido apellidos cognome sobrenome achternaam nazwisko efternamn etternavn",
    "full_name": "fullname complete_name person_name first_and_surname vor_und_nachname "
    "nombre_completo nom_complet name_and_surname",
    "birth_date": "dob date_of_birth birthdate birth_day birthday born born_on dateofbirth "
    "geburtsdatum geburtstag geb_datum date_naissance date_de_naissance fecha_nacimiento "
    "fecha_de_nacimiento data_di_nascita geboortedatum bday data_urodzenia",
    "email": "e_mail mail email_address emailaddress e_mail_address email_adresse e_mail_adresse "
    "mail_address correo correo_electronico courriel adresse_mail adresse_email",
    "phone": "telephone tel phone_number phonenumber phone_no telephone_number tel_no mobile "
    "mobile_number mobile_phone cell cell_phone cellphone home_phone telefon telefonnummer "
    "telefono telefoon handy handynummer mobil movil portable gsm",
    "address_line": "street_address address address_1 address1 address_line_1 addressline1 addr "
    "addr1 full_address mailing_address home_address postal_address adresse anschrift "
    "direccion domicilio indirizzo adres street strasse street_name strassenname rue calle straat",
    "city": "town suburb locality municipality city_name city_town town_city ort stadt wohnort "
    "ville ciudad poblacion localidad citta plaats woonplaats miasto",
    "postal_code": "postcode zip zipcode zip_code post_code postalcode plz postleitzahl "
    "code_postal codigo_postal postnummer",
    "region": "state state_code province state_province bundesland provincia county",
    "country": "country_code country_name nation pays pais",
    "national_id": "ssn soc_sec_id social_security_number social_security_no soc_sec nino "
    "nhs_number national_insurance_number national_identifier dni nif passport_number",
    "company": "organisation organization employer employer_name company_name firma "
    "organisation_name organization_name business_name firm unternehmen empresa entreprise",
    "gender": "sex geschlecht sexe sexo genre_sexe",
    "birth_place": "place_of_birth birthplace geburtsort city_of_birth lieu_de_naissance "
    "lugar_de_nacimiento",
    "occupation": "job job_title profession beruf ocupacion profesion",
}
_PROPOSED: Final[Mapping[str, str]] = {
    "record_id": "id unique_id rec_id row_id person_id contact_id customer_id uuid guid",
    "source": "system source_system data_source source_dataset origin",
    "full_name": "name contact_name display_name customer_name",
    "given_name": "first",
    "middle_name": "middle",
    "family_name": "nom last",
    "city": "place",
    "country": "land",
    "national_id": "nin tax_id passport",
    "company": "business",
}
_STREETS: Final = ("street_name", "street", "strasse", "strassenname", "address_1", "address1")
_NUMBERS: Final = ("street_number", "house_number", "street_no", "house_no", "building_number",
                   "hausnummer", "hausnr", "house_num", "street_num", "huisnummer")  # fmt: skip
_UNITS: Final = ("unit_number", "unit", "apartment", "apartment_number", "apt", "flat")
_SIGNS: Final = re.compile(r"[\W_]+")


def folded(name: str) -> str:
    """A name without capitals, accents and signs: ``Prénom`` is ``prenom``, ``E-Mail`` ``email``.

    A name of signs alone stays as it is.
    """
    plain = unicodedata.normalize("NFKD", name.lower().replace("ß", "ss"))
    return _SIGNS.sub("", "".join(c for c in plain if not unicodedata.combining(c))) or name


def _by_fold(names: Mapping[str, str]) -> dict[str, str]:
    return {folded(word): standard for standard, words in names.items() for word in words.split()}


STANDARD_OF: Final[Mapping[str, str]] = {**_by_fold(TAKEN), **_by_fold(_PROPOSED)}
"""The standard column of each usual name, folded."""


def guessed(
    header: Sequence[str], wanted: Iterable[str], taken: Collection[str | None]
) -> dict[str, tuple[str, ...]]:
    """For standard columns that are ``wanted`` still, the file's columns that surely are they.

    ``taken`` are columns that stand for something already. Several columns make one address.
    """
    held: dict[str, str] = {}
    for name in header:
        if name not in taken:
            held.setdefault(folded(name), name)
    found: dict[str, tuple[str, ...]] = {}
    for standard in wanted:
        if standard == "address_line" and (address := _address(held)):
            found[standard] = address
            continue
        words = map(folded, TAKEN.get(standard, "").split())
        column = next((held[word] for word in words if word in held), None)
        if column is not None:
            found[standard] = (column,)
    return found


def _address(held: Mapping[str, str]) -> tuple[str, ...]:
    """House number, street and flat, where number and street are columns of their own."""
    number, street, unit = (
        next((held[folded(word)] for word in words if folded(word) in held), None)
        for words in (_NUMBERS, _STREETS, _UNITS)
    )
    if number is None or street is None:
        return ()
    return (number, street) if unit is None else (number, street, unit)
