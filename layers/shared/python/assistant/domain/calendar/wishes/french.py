"""How wishes are said in French."""

from assistant.domain.calendar.wishes.vocabulary import Form, Vocabulary
from assistant.domain.days import PartOfDay
from assistant.domain.triage.language import Language

_NO_MEETINGS = (
    r"(?:(?:pas de|pas d'|aucune?|sans|jamais de|eviter? (?:les |de )?|evitez (?:les )?|"
    r"(?:je )?ne (?:veux|souhaite) pas (?:de|avoir de)) ?{meetings})"
)
_A_DAY = r"(?:par|chaque) jour|quotidien(?:ne)?s?|tous les jours"
_FREE = r"(?:libres?|disponibles?|sans {meetings})"
_FOCUS = r"(?:concentration|travail (?:profond|concentre)|temps de concentration|focus)"
_BETWEEN = r"entre (?:les |mes |chaque |deux )*{meetings}"
_GAP = r"(?:pause|marge|battement|repos)s?"
_AT_LEAST = r"(?:(?:au moins|au minimum|un minimum de|minimum) )?"
_AT_MOST = r"(?:au (?:plus|maximum)|(?:un )?maximum(?: de)?|max)"

VOCABULARY = Vocabulary(
    language=Language.FRENCH,
    weekdays=(r"lundis?", r"mardis?", r"mercredis?", r"jeudis?", r"vendredis?", r"samedis?", r"dimanches?"),
    weekend=r"week-?ends?|fins? de semaine",
    parts={
        PartOfDay.MORNING: r"matins?|matinees?",
        PartOfDay.AFTERNOON: r"apres[- ]?midis?",
        PartOfDay.EVENING: r"soirs?|soirees?",
    },
    lunch=r"(?:pause (?:dejeuner|de midi)|dejeuner|heure du dejeuner)",
    noon=r"midi",
    before=r"avant|jusqu'a",
    after=r"apres(?! ?-?midi)|a partir de|des",
    between=r"entre|de",
    to=r"au?|jusqu'au?|-",
    at=r"a",
    conjunction=r"et|ou|ni",
    filler=r"le|les|la|en|dans|du|de|des|au|chaque|tous|toutes|mes|pendant|jours?|semaine",
    o_clock=r"heures?|h",
    in_the_morning=r"du matin",
    in_the_afternoon=r"de l'apres-midi|du soir",
    half_past=r"et demie",
    quarter_past=r"et quart",
    half_to=r"(?!)",
    numbers={
        "une": 1, "un": 1, "deux": 2, "trois": 3, "quatre": 4, "cinq": 5, "six": 6, "sept": 7, "huit": 8, "neuf": 9,
        "dix": 10, "onze": 11, "douze": 12, "quinze": 15, "vingt": 20, "trente": 30, "quarante-cinq": 45,
    },
    hours=r"heures?|h",
    minutes=r"minutes?|min|mn",
    and_a_half=r"et demie",
    durations={"une demi-heure": 30, "une demi heure": 30, "un quart d'heure": 15, "une heure et demie": 90},
    opening=(
        r"s'il (?:te|vous) plait,?|(?:je veux|je voudrais|j'aimerais|je prefere|je souhaite|il me faut|j'ai besoin"
        r"(?: de| d')?)(?: avoir)?|essaie de|essayez de|avoir|aussi"
    ),
    closing=r"s'il (?:te|vous) plait|si possible|merci",
    meetings=r"(?:reunions?|rendez-vous|rdv|appels?)",
    purpose=r"pour",
    not_a_purpose=r"ce|cette|prochaine?|aujourd|demain|semaine|mois|en|sauf|excepte|mais|seulement|sans|pas|si|quand|avant|apres|jusqu'a",
    patterns={
        Form.AVOID: (
            rf"{_NO_MEETINGS} {{when}}",
            rf"{{when}},? {_NO_MEETINGS}",
            rf"(?:gard(?:er|e|ez)|laiss(?:er|e|ez)|conserv(?:er|e|ez)) {{when}} {_FREE}{{purpose}}",
            rf"(?:gard(?:er|e|ez)|laiss(?:er|e|ez)|conserv(?:er|e|ez)) {_FREE} {{when}}{{purpose}}",
            r"(?:reserv(?:er|e|ez)|bloqu(?:er|e|ez)|proteg(?:er|e|ez)|gard(?:er|e|ez)) {when}{purpose}",
            rf"{{when}} {_FREE}{{purpose}}",
        ),
        Form.ONLY: (
            r"(?:des )?{meetings} (?:seulement|uniquement) {when}",
            r"(?:seulement|uniquement) (?:des )?{meetings} {when}",
        ),
        Form.LUNCH: (r"(?:une )?(?:pause (?:dejeuner|de midi)|pause pour (?:le )?dejeuner|dejeuner)(?: {when})?",),
        Form.MOST: (
            rf"(?:pas plus de|{_AT_MOST}) {{number}} {{meetings}} (?:{_A_DAY})",
            rf"{{number}} {{meetings}} (?:{_A_DAY}),? {_AT_MOST}",
            rf"{{number}} {{meetings}} {_AT_MOST} (?:{_A_DAY})",
        ),
        Form.BUFFER: (
            rf"(?:laiss(?:er|e|ez) )?{_AT_LEAST}{{duration}}(?: libres?)?(?: de {_GAP})? {_BETWEEN}",
            rf"(?:une )?{_GAP} de {_AT_LEAST}{{duration}} {_BETWEEN}",
            r"(?:pas de|sans|eviter? les|evitez les) {meetings} (?:consecutives|a la suite|enchainees)",
        ),
        Form.FOCUS: (
            rf"{_AT_LEAST}{{duration}} (?:de |pour )?{_FOCUS} (?:{_A_DAY})",
            rf"{_AT_LEAST}{{duration}} (?:{_A_DAY}) (?:de|pour) (?:la )?{_FOCUS}",
        ),
        Form.FOCUS_BLOCK: (rf"(?:des )?(?:blocs|plages) de {_FOCUS} d(?:e |'){_AT_LEAST}{{duration}}",),
        Form.WORK: (
            r"(?:mes )?(?:horaires|heures) de travail(?: sont)?:? {when}",
            r"(?:je travaille|vous travaillez) (?:seulement |uniquement )?{when}",
        ),
        Form.OFF: (r"je ne travaille (?:pas|jamais) {when}",),
    },
)  # fmt: skip
