"""Given names, family names and their short forms, by country."""

from __future__ import annotations

_GIVEN = {
    "GB": (
        (
            "James John David Michael Paul Andrew Mark Peter Stephen Christopher Robert William"
            " Thomas Daniel Matthew Richard Anthony Jonathan Benjamin Samuel Joseph Edward George"
            " Alexander Nicholas Simon Gareth Callum Rhys Oliver Harry Jack Charlie Muhammad Imran"
            " Rajesh Adeyemi Kwame Kenneth Graham Colin Nigel Gregory Timothy"
        ),
        (
            "Margaret Susan Elizabeth Jennifer Patricia Catherine Sarah Emma Laura Rebecca Victoria"
            " Charlotte Hannah Emily Jessica Samantha Katherine Alexandra Christine Deborah Helen"
            " Rachel Amanda Nicola Louise Olivia Amelia Sophie Lucy Grace Aisha Fatima Priya Ngozi"
            " Siobhan Gwen Fiona Eleanor Abigail Isabella Josephine Judith Pamela Theresa"
        ),
    ),
    "DE": (
        (
            "Thomas Michael Andreas Stefan Christian Martin Alexander Maximilian Sebastian Tobias"
            " Matthias Daniel Florian Jürgen Günter Jörg Björn Wolfgang Klaus Hans Karl-Heinz"
            " Dieter"
            " Uwe Ralf Lukas Leon Felix Jonas Paul Mehmet Mustafa Ömer Johannes Friedrich Benjamin"
        ),
        (
            "Sabine Petra Monika Claudia Susanne Andrea Birgit Katharina Elisabeth Anna-Lena Julia"
            " Sarah Lena Hannah Mia Sophie Johanna Franziska Ursula Brigitte Renate Käthe Bärbel"
            " Ayşe Elif Zeynep Stefanie Christina Alexandra Magdalena Margarete Jana Nadine Heike"
        ),
    ),
    "FR": (
        (
            "Jean Pierre Michel François Jérôme Frédéric Stéphane Nicolas Julien Thomas Antoine"
            " Jean-Luc Théo Hugo Rémi Benoît"
        ),
        (
            "Marie Nathalie Isabelle Hélène Céline Françoise Chloé Camille Léa Manon Amélie Inès"
            " Anne-Sophie Élodie Zoé Margaux"
        ),
    ),
    "NL": (
        "Jan Pieter Willem Sander Bas Thijs Daan Jeroen Maarten Ruud Joost Hendrik",
        "Anna Johanna Sanne Lotte Femke Marieke Fleur Anouk Esmée Noor Saskia Wilhelmina",
    ),
    "PL": (
        "Piotr Krzysztof Andrzej Tomasz Paweł Michał Łukasz Grzegorz Stanisław Wojciech Jakub",
        "Anna Katarzyna Małgorzata Agnieszka Zofia Joanna Magdalena Elżbieta Bożena Wioletta",
    ),
    "SE": (
        "Lars Erik Anders Björn Göran Östen Håkan Johan Åke Mikael Oskar Nils",
        "Anna Eva Karin Kristina Åsa Märta Ingrid Elin Linnéa Maja Gunilla Birgitta",
    ),
    "ES": (
        "José Antonio Manuel Jesús Ángel Javier Álvaro Íñigo Ramón Sergio Iván Adrián",
        "María Carmen Lucía Begoña Inés Ángela Rocío Concepción Nuria Marta Paula Belén",
    ),
    "IT": (
        "Giuseppe Marco Andrea Alessandro Niccolò Luca Matteo Giovanni Salvatore Davide",
        "Maria Francesca Giulia Chiara Alessandra Giovanna Elisabetta Noemi Lucia Paola",
    ),
    "IE": (
        "Seán Patrick Conor Liam Ciarán Eoin Declan Pádraig Brendan Fergal",
        "Aoife Siobhán Niamh Róisín Ciara Orla Sinéad Gráinne Maeve Deirdre",
    ),
    "AT": (
        "Lukas Johann Franz Josef Herbert Günther Markus Manfred Bernhard Christoph",
        "Maria Theresia Eva Christine Gertrude Ingrid Barbara Verena Lisa Käthe",
    ),
}
_FAMILY = {
    "GB": "Smith Jones Taylor Brown Williams Wilson Johnson Davies Robinson Wright Thompson Evans"
    " Walker White Roberts Green Hall Wood Jackson Clarke Patel Khan Lewis Hughes Edwards Turner"
    " Hill Moore Harris Cooper Ward Morris Martin King Baker Harrison Morgan Allen James Scott"
    " Phillips Watson Davis Parker Price Bennett Young Griffiths Mitchell Kelly Cook Carter"
    " Richardson Bailey Collins Bell Shaw Murphy Miller Cox Marshall Ali Hussain Begum Okafor"
    " Mensah Singh Kaur Campbell Stewart MacDonald McKenzie O'Brien O'Connor Fairweather"
    " Featherstone Whitcombe Ashworth Hargreaves Pemberton Blackwood Thistlethwaite"
    " Smith-Jones Clarke-Webb",
    "DE": "Müller Schmidt Schneider Fischer Weber Meyer Wagner Becker Schulz Hoffmann Schäfer Koch"
    " Bauer Richter Klein Wolf Schröder Neumann Schwarz Zimmermann Braun Krüger Hofmann Hartmann"
    " Lange Schmitt Werner Krause Lehmann Maier Köhler Herrmann König Walter Mayer Huber Kaiser"
    " Fuchs Peters Lang Scholz Möller Weiß Jung Hahn Schubert Vogel Friedrich Keller Günther"
    " Yılmaz Kaya Demir Özdemir Kowalski Nguyen Großmann Strauß Böhm Düring Jäger Süßmann"  # noqa: RUF001 - Turkish
    " Meyer-Landrut Schulze-Delitzsch",
    "FR": "Martin Bernard Dubois Thomas Robert Richard Petit Durand Leroy Moreau Lefèvre Garçon"
    " Gauthier Lévêque Béranger D'Arcy Le Goff Côté Noël",
    "NL": "de Jong|Jansen|de Vries|van den Berg|van Dijk|Bakker|Visser|Smit|Meijer|de Boer|Mulder"
    "|van der Heijden|Bos|Dekker|van 't Hof",
    "PL": "Nowak Kowalski Wiśniewski Wójcik Kowalczyk Kamiński Lewandowski Zieliński Szymański"
    " Woźniak Dąbrowski Jabłoński Król",
    "SE": "Andersson Johansson Karlsson Nilsson Eriksson Larsson Olsson Persson Svensson"
    " Gustafsson Lindström Sjöberg Åkesson Öberg",
    "ES": "García López|Fernández Ruiz|González Pérez|Rodríguez Díaz|Martín Sanz|Sánchez Muñoz"
    "|Gómez Ibáñez|Jiménez Núñez|Álvarez Vega|Romero Gil|Navarro Peña|Serrano Cano",
    "IT": "Rossi Russo Ferrari Esposito Bianchi Romano Colombo Ricci Marino Greco Bruno Gallo"
    " D'Angelo De Luca Nicolò",
    "IE": "Murphy Kelly O'Sullivan Walsh Byrne Ryan O'Connor Doyle McCarthy Gallagher Ó Briain"
    " Ní Dhomhnaill Lynch",
    "AT": "Gruber Huber Bauer Wagner Müller Pichler Steiner Moser Mayer Hofer Leitner Berger Egger"
    " Brandstätter Grünwald",
}


def _family_list(text: str) -> tuple[str, ...]:
    if "|" in text:
        return tuple(text.split("|"))
    glued = text
    for particle in ("Le", "De", "Ó", "Ní"):
        glued = glued.replace(f" {particle} ", f" {particle}~")
    return tuple(word.replace("~", " ") for word in glued.split())


GIVEN_MALE = {country: tuple(male.split()) for country, (male, _) in _GIVEN.items()}
GIVEN_FEMALE = {country: tuple(female.split()) for country, (_, female) in _GIVEN.items()}
FAMILY = {country: _family_list(text) for country, text in _FAMILY.items()}

NICKNAMES: dict[str, tuple[str, ...]] = {
    name: tuple(short.split("/"))
    for name, short in (
        pair.split(":")
        for pair in [
            "James:Jim/Jamie",
            "David:Dave",
            "Michael:Mike/Mick",
            "Andrew:Andy/Drew",
            "Peter:Pete",
            "Stephen:Steve",
            "Christopher:Chris",
            "Robert:Bob/Rob",
            "William:Bill/Will",
            "Thomas:Tom",
            "Daniel:Dan",
            "Matthew:Matt",
            "Richard:Rick/Dick",
            "Anthony:Tony",
            "Jonathan:Jon",
            "Benjamin:Ben",
            "Samuel:Sam",
            "Joseph:Joe",
            "Edward:Ted/Ed",
            "Alexander:Alex",
            "Nicholas:Nick",
            "Kenneth:Ken",
            "Gregory:Greg",
            "Timothy:Tim",
            "Margaret:Maggie/Peggy",
            "Susan:Sue",
            "Elizabeth:Liz/Beth/Betty",
            "Jennifer:Jen/Jenny",
            "Patricia:Pat/Trish",
            "Catherine:Cathy/Kate",
            "Rebecca:Becky",
            "Victoria:Vicky",
            "Charlotte:Lottie",
            "Emily:Em",
            "Jessica:Jess",
            "Samantha:Sam",
            "Katherine:Kate/Kathy",
            "Alexandra:Alex/Sandra",
            "Christine:Chris",
            "Deborah:Debbie",
            "Amanda:Mandy",
            "Nicola:Nicky",
            "Eleanor:Ellie",
            "Abigail:Abby",
            "Isabella:Bella",
            "Josephine:Jo",
            "Judith:Judy",
            "Pamela:Pam",
            "Theresa:Terry",
            "Maximilian:Max",
            "Sebastian:Basti",
            "Tobias:Tobi",
            "Matthias:Matze",
            "Stefan:Steff",
            "Johannes:Hannes",
            "Friedrich:Fritz",
            "Katharina:Kathi",
            "Elisabeth:Lisa/Sissi",
            "Franziska:Franzi",
            "Johanna:Hanna",
            "Ursula:Uschi",
            "Stefanie:Steffi",
            "Christina:Tina",
            "Magdalena:Lena",
            "Margarete:Grete",
            "Susanne:Susi",
            "Willem:Wim",
            "Hendrik:Henk",
            "Wilhelmina:Mina",
            "Katarzyna:Kasia",
            "Małgorzata:Gosia",
            "Krzysztof:Krzysiek",
            "José:Pepe",
            "Concepción:Concha",
            "Giuseppe:Beppe",
            "Francesca:Fra",
            "Patrick:Paddy",
            "Pádraig:Paddy",
            "Josef:Sepp",
            "Barbara:Babsi",
            "Theresia:Resi",
        ]
    )
}
MIDDLE = (
    "Ann",
    "Marie",
    "Jane",
    "Lee",
    "Rose",
    "Mary",
    "James",
    "John",
    "Paul",
    "George",
    "Maria",
    "Anna",
    "Peter",
    "Franz",
)
SALUTATION = {
    "GB": ("Mr", "Mrs"), "IE": ("Mr", "Ms"), "DE": ("Herr", "Frau"), "AT": ("Herr", "Frau"),
    "FR": ("M.", "Mme"), "NL": ("Dhr.", "Mevr."), "PL": ("Pan", "Pani"), "SE": ("", ""),
    "ES": ("Sr.", "Sra."), "IT": ("Sig.", "Sig.ra"),
}  # fmt: skip
LANGUAGE = {
    "GB": "en-GB", "IE": "en-IE", "DE": "de-DE", "AT": "de-AT", "FR": "fr-FR", "NL": "nl-NL",
    "PL": "pl-PL", "SE": "sv-SE", "ES": "es-ES", "IT": "it-IT",
}  # fmt: skip
_FOLD = str.maketrans(
    {
        "ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ß": "ss", "ł": "l",
        "Ł": "L", "ı": "i", "ş": "s", "Ş": "S", "ą": "a", "ę": "e", "ó": "o", "Ó": "O", "ż": "z",  # noqa: RUF001 - Turkish
        "ź": "z", "ń": "n", "ś": "s", "ć": "c", "é": "e", "É": "E", "è": "e", "ê": "e", "ë": "e",
        "á": "a", "Á": "A", "à": "a", "â": "a", "å": "a", "Å": "A", "í": "i", "Í": "I", "î": "i",
        "ì": "i", "ú": "u", "ù": "u", "û": "u", "ñ": "n", "ç": "c", "ô": "o", "ò": "o", "ğ": "g",
        "ï": "i",
    }
)  # fmt: skip


def fold(text: str) -> str:
    """Return text without diacritics, as people type it on a foreign keyboard."""
    return text.translate(_FOLD)
