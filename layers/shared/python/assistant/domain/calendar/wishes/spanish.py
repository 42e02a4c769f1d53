"""How wishes are said in Spanish."""

from assistant.domain.calendar.wishes.vocabulary import Form, Vocabulary
from assistant.domain.days import PartOfDay
from assistant.domain.triage.language import Language

_NO_MEETINGS = (
    r"(?:(?:sin|ninguna|nada de|evita(?:r)?(?: las)?|no (?:quiero|pongas|programes|agendes|poner|programar|agendar)"
    r"(?: tener)?(?: mas)?|no (?:haya|tener)) {meetings}|no {meetings})"
)
_A_DAY = r"(?:al|por|cada|en un) dia|diari[ao]s?"
_FREE = r"(?:libres?|despejad[ao]s?|sin {meetings})(?: de {meetings})?"
_FOCUS = r"(?:concentracion|foco|enfoque|trabajo (?:profundo|concentrado)|tiempo de (?:concentracion|foco|enfoque))"
_BETWEEN = r"entre (?:las |mis |cada |dos )*{meetings}"
_GAP = r"(?:pausa|margen|descanso|intervalo)s?"
_AT_LEAST = r"(?:(?:al menos|por lo menos|un minimo de|minimo) )?"
_AT_MOST = r"(?:como (?:mucho|maximo)|(?:un )?maximo(?: de)?|a lo sumo)"

VOCABULARY = Vocabulary(
    language=Language.SPANISH,
    weekdays=(r"lunes", r"martes", r"miercoles", r"jueves", r"viernes", r"sabados?", r"domingos?"),
    weekend=r"fin(?:es)? de semana",
    parts={
        # Alone "mañana" is tomorrow and "tarde" late.
        PartOfDay.MORNING: r"mananas|(?:(?<=la )|(?<=cada ))manana",
        PartOfDay.AFTERNOON: r"tardes|(?:(?<=la )|(?<=cada ))tarde",
        PartOfDay.EVENING: r"noches|(?:(?<=la )|(?<=cada ))noche",
    },
    lunch=r"(?:hora de (?:comer|la comida)|almuerzo|comida|pausa (?:de|para) (?:comer|la comida|almorzar))",
    noon=r"(?:el |al )?mediodia",
    before=r"antes del?|hasta",
    after=r"despues del?|mas tarde de|a partir del?|desde",
    between=r"entre|del?|desde",
    to=r"a|hasta|-",
    at=r"a",
    conjunction=r"y|e|o|u|ni",
    filler=r"los|las|el|la|en|por|de|del|cada|todos|todas|mis|durante|dias?|laborables?|entre semana|todo",
    o_clock=r"horas?|hs?|en punto",
    in_the_morning=r"a\.?m\.?|de la manana",
    in_the_afternoon=r"p\.?m\.?|de la (?:tarde|noche)",
    half_past=r"y media",
    quarter_past=r"y cuarto",
    half_to=r"(?!)",
    numbers={
        "una": 1, "un": 1, "uno": 1, "dos": 2, "tres": 3, "cuatro": 4, "cinco": 5, "seis": 6, "siete": 7, "ocho": 8,
        "nueve": 9, "diez": 10, "once": 11, "doce": 12, "quince": 15, "veinte": 20, "treinta": 30,
        "cuarenta y cinco": 45,
    },
    hours=r"horas?|hs?",
    minutes=r"minutos?|min",
    and_a_half=r"y media",
    durations={"media hora": 30, "un cuarto de hora": 15, "hora y media": 90, "una hora y media": 90},
    opening=(
        r"por favor,?|(?:quiero|quisiera|me gustaria|prefiero|necesito)(?: tener| que haya)?|intenta|trata de|"
        r"que haya|tener|tambien|dame"
    ),
    closing=r"por favor|si es posible|si puede ser|gracias",
    meetings=r"(?:reunion(?:es)?|citas?|llamadas?|juntas?)",
    purpose=r"para",
    not_a_purpose=r"est[ae]|proxim[ao]|hoy|manana|semana|mes|excepto|salvo|menos|pero|solo|sin|no|si|cuando|antes|despues|hasta",
    patterns={
        Form.AVOID: (
            rf"{_NO_MEETINGS} {{when}}",
            rf"{{when}},? {_NO_MEETINGS}",
            rf"(?:mantener|manten|deja(?:r)?|guarda(?:r)?|conserva(?:r)?) {{when}} {_FREE}{{purpose}}",
            rf"(?:mantener|manten|deja(?:r)?|guarda(?:r)?|conserva(?:r)?) {_FREE} {{when}}{{purpose}}",
            r"(?:reserva(?:r)?|bloquea(?:r)?|protege(?:r)?|guarda(?:r)?) {when}{purpose}",
            rf"{{when}} {_FREE}{{purpose}}",
        ),
        Form.ONLY: (
            r"{meetings} (?:solo|solamente|unicamente) {when}",
            r"(?:solo|solamente|unicamente) {meetings} {when}",
        ),
        Form.LUNCH: (
            r"pausa (?:de|para) (?:comer|la comida|almorzar|el almuerzo)(?: {when})?",
            r"(?:almuerzo|comida|hora de comer)(?: {when})?",
        ),
        Form.MOST: (
            rf"(?:no mas de|{_AT_MOST}) {{number}} {{meetings}} (?:{_A_DAY})",
            rf"{{number}} {{meetings}} (?:{_A_DAY}),? {_AT_MOST}",
            rf"{{number}} {{meetings}} {_AT_MOST} (?:{_A_DAY})",
        ),
        Form.BUFFER: (
            rf"(?:deja(?:r)? )?{_AT_LEAST}{{duration}}(?: libres?)?(?: de {_GAP})? {_BETWEEN}",
            rf"(?:una? )?{_GAP} de {_AT_LEAST}{{duration}} {_BETWEEN}",
            r"(?:sin|no|evita(?:r)?) {meetings} (?:seguidas|consecutivas)",
        ),
        Form.FOCUS: (
            rf"{_AT_LEAST}{{duration}} (?:de )?{_FOCUS} (?:{_A_DAY})",
            rf"{_AT_LEAST}{{duration}} (?:{_A_DAY}) (?:de|para) {_FOCUS}",
        ),
        Form.FOCUS_BLOCK: (rf"bloques de {_FOCUS} de {_AT_LEAST}{{duration}}",),
        Form.WORK: (
            r"(?:mi )?(?:horario(?: laboral| de trabajo)?|jornada)(?: es)?:? {when}",
            r"(?:solo )?trabaj(?:o|as) (?:solo )?{when}",
        ),
        Form.OFF: (r"no trabajo {when}",),
    },
)  # fmt: skip
