"""How wishes are said in German."""

from assistant.domain.calendar.wishes.vocabulary import Form, Vocabulary
from assistant.domain.days import PartOfDay
from assistant.domain.triage.language import Language

_NO_MEETINGS = (
    r"(?:(?:kein(?:e|en)?|ohne|(?:ich )?(?:will|mochte) keine|vermeide|bitte keine)(?: weiteren)? {meetings}|"
    r"(?:besprechungs|meeting|termin)frei(?:e[rsn]?)?)"
)
_A_DAY = r"(?:pro|am|jeden|je) tag|taglich(?:e)?"
_FREE = r"(?:frei|terminfrei|offen|frei von {meetings})"
_FOCUS = (
    r"(?:fokus(?:zeit|arbeit)?|konzentrations?zeit|konzentriert(?:e|es)? arbei?t(?:en)?|ruhige arbeit|ungestort\w*)"
)
_BETWEEN = r"zwischen (?:den |allen |meinen |zwei )*{meetings}"
_GAP = r"(?:puffer|pause|luft|abstand|zeit|frei)"
_AT_LEAST = r"(?:(?:mindestens|wenigstens|minimum) )?"
_AT_MOST = r"(?:hochstens|maximal|max\.?|nicht mehr als)"

VOCABULARY = Vocabulary(
    language=Language.GERMAN,
    weekdays=(
        r"montag(?:s|e|en)?|mo",
        r"dienstag(?:s|e|en)?|di",
        r"mittwoch(?:s|e|en)?|mi",
        r"donnerstag(?:s|e|en)?|do",
        r"freitag(?:s|e|en)?|fr",
        r"samstag(?:s|e|en)?|sa",
        r"sonntag(?:s|e|en)?|so",
    ),
    weekend=r"wochenenden?",
    parts={
        # Alone "morgen" is tomorrow.
        PartOfDay.MORNING: (
            r"vormittag(?:s|e|en)?|morgens|(?:(?<=tag)|(?<=woch)|(?<=tag )|(?<=woch )|(?<=am )|(?<=jeden ))morgen"
        ),
        PartOfDay.AFTERNOON: r"nachmittag(?:s|e|en)?",
        PartOfDay.EVENING: r"abend(?:s|e|en)?",
    },
    lunch=r"mittagspausen?|mittagszeit|mittagessen",
    noon=r"mittags?|12 uhr mittags",
    before=r"vor|bis|fruher als",
    after=r"nach|ab|spater als",
    between=r"zwischen|von",
    to=r"bis|-",
    at=r"um",
    conjunction=r"und|oder|sowie",
    filler=r"am|an|im|in|der|die|den|das|jeden|jede|alle|immer|meine[nr]?|wahrend|tage?n?|werktags?|woche",
    o_clock=r"uhr|h",
    in_the_morning=r"(?:uhr )?(?:morgens|vormittags|fruh)",
    in_the_afternoon=r"(?:uhr )?(?:nachmittags|abends)",
    half_past=r"(?!)",
    quarter_past=r"(?!)",
    half_to=r"halb",
    numbers={
        "eine": 1, "einen": 1, "ein": 1, "eins": 1, "einer": 1, "zwei": 2, "drei": 3, "vier": 4, "funf": 5, "sechs": 6,
        "sieben": 7, "acht": 8, "neun": 9, "zehn": 10, "elf": 11, "zwolf": 12, "funfzehn": 15, "zwanzig": 20,
        "dreissig": 30, "funfundvierzig": 45,
    },
    hours=r"stunden?|std\.?|h",
    minutes=r"minuten?|min\.?",
    and_a_half=r"(?!)",
    durations={
        "eine halbe stunde": 30, "einer halben stunde": 30, "halbe stunde": 30, "eineinhalb stunden": 90,
        "anderthalb stunden": 90, "eine viertelstunde": 15, "zweieinhalb stunden": 150,
    },
    opening=r"bitte|ich (?:mochte|will|hatte gern(?:e)?|brauche|wunsche mir)|versuche|auch|plane",
    closing=r"bitte|wenn moglich|falls moglich|danke|haben|einplanen",
    meetings=r"(?:meetings?|termine?n?|besprechung(?:en)?|anrufe?|calls?)",
    purpose=r"fur|zum|um",
    not_a_purpose=r"diese[nrs]?|nachste[nrs]?|heute|morgen|woche|monat|im|ausser|aber|nur|ohne|nicht|wenn|falls|vor|nach|bis",
    patterns={
        Form.AVOID: (
            rf"{_NO_MEETINGS} {{when}}",
            rf"{{when}},? {_NO_MEETINGS}",
            r"(?:halte?|lass(?:e)?) (?:mir )?{when}{purpose} frei",
            rf"{{when}}{{purpose}} (?:bleib(?:t|en) |soll(?:en)? )?{_FREE}(?:halten|lassen)?(?: bleiben)?",
            r"(?:reservier(?:e|en)?|blockier(?:e|en)?|blocke|schutze) (?:mir )?{when}{purpose}",
            r"{when}{purpose} (?:reservieren|blockieren|blocken|schutzen)",
        ),
        Form.ONLY: (
            r"{meetings} (?:bitte )?nur {when}",
            r"nur {when} {meetings}",
            r"nur {meetings} {when}",
        ),
        Form.LUNCH: (
            r"(?:eine )?mittags?pause(?: {when})?",
            r"(?:halte )?(?:die )?mittagspause(?: {when})? frei(?:halten)?",
        ),
        Form.MOST: (
            rf"{_AT_MOST} {{number}} {{meetings}} (?:{_A_DAY})",
            rf"(?:{_A_DAY}) {_AT_MOST} {{number}} {{meetings}}",
            rf"{{number}} {{meetings}} (?:{_A_DAY}),? {_AT_MOST}",
        ),
        Form.BUFFER: (
            rf"(?:lass(?:e)? )?{_AT_LEAST}{{duration}}(?: {_GAP})? {_BETWEEN}",
            rf"(?:einen? )?{_GAP} von {_AT_LEAST}{{duration}} {_BETWEEN}",
            rf"{_BETWEEN} {_AT_LEAST}{{duration}}(?: {_GAP})?",
            r"keine {meetings} (?:direkt |unmittelbar )?(?:hintereinander|nacheinander)",
        ),
        Form.FOCUS: (
            rf"{_AT_LEAST}{{duration}} {_FOCUS} (?:{_A_DAY})",
            rf"(?:{_A_DAY}) {_AT_LEAST}{{duration}} {_FOCUS}",
        ),
        Form.FOCUS_BLOCK: (rf"fokusblocke von {_AT_LEAST}{{duration}}", r"fokusblocke (?:von )?mindestens {duration}"),
        Form.WORK: (
            r"(?:meine )?arbeits(?:zeit(?:en)?|tage)(?: ist| sind)?:? {when}",
            r"(?:ich arbeite|sie arbeiten) (?:nur )?{when}",
        ),
        Form.OFF: (r"ich arbeite {when} nicht", r"ich arbeite nicht {when}", r"{when} arbeite ich nicht"),
    },
)  # fmt: skip
