"""How wishes are said in English."""

from assistant.domain.calendar.wishes.vocabulary import Form, Vocabulary
from assistant.domain.days import PartOfDay
from assistant.domain.triage.language import Language

_NO_MEETINGS = (
    r"(?:(?:no|without|avoid|never|not|nothing like|(?:i )?(?:do not|don't|dont|never) "
    r"(?:want|like|schedule|book|plan|put|have|give me|accept))(?: to have)?(?: any| my| more)* {meetings}|"
    r"meeting[- ]free|no[- ]meetings?|(?:do not|don't) (?:book|schedule|disturb) me)"
)
_A_DAY = r"(?:an?|per|each|every|in a|in one) (?:single )?(?:working )?day|daily"
_FREE = r"(?:free|clear|open|meeting[- ]free|without {meetings}|off[- ]limits)(?: (?:of|from) {meetings})?"
_FOCUS = r"(?:focus(?:ed)?|deep|uninterrupted|quiet|concentrat\w+)(?: ?-?(?:time|work))?"
_BETWEEN = r"(?:in )?(?:between|after|around) (?:all |my |the |each |every |any |two )*{meetings}"
_GAP = r"(?:buffer|break|gap|pause|space|rest|breather|time|free)s?(?: time)?"
_AT_LEAST = r"(?:(?:at least|a minimum of|minimum) )?"
_AT_MOST = r"(?:at (?:the )?most|max(?:imum)?(?: of)?|tops)"

VOCABULARY = Vocabulary(
    language=Language.ENGLISH,
    weekdays=(
        r"mon(?:days?)?",
        r"tue(?:s|sdays?)?",
        r"wed(?:nesdays?)?",
        r"thu(?:r|rs|rsdays?)?",
        r"fri(?:days?)?",
        r"sat(?:urdays?)?",
        r"sun(?:days?)?",
    ),
    weekend=r"week-?ends?",
    parts={PartOfDay.MORNING: r"mornings?", PartOfDay.AFTERNOON: r"afternoons?", PartOfDay.EVENING: r"evenings?"},
    lunch=r"(?:my )?lunch(?: ?-?(?:time|break|hour))?",
    noon=r"noon|midday|12 noon",
    before=r"before|earlier than|prior to|until|till",
    after=r"after|later than|past|from|starting at|starting from",
    between=r"between|from",
    to=r"to|until|till|through|-",
    at=r"at",
    conjunction=r"and|or|as well as|plus",
    filler=r"on|in|the|every|each|any|all|of|my|during|days?|weekdays?|working days?|week",
    o_clock=r"o'?clock|hrs?|h",
    in_the_morning=r"a\.?m\.?|in the morning",
    in_the_afternoon=r"p\.?m\.?|in the (?:afternoon|evening)",
    half_past=r"(?!)",
    quarter_past=r"(?!)",
    half_to=r"(?!)",
    numbers={
        "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
        "eleven": 11, "twelve": 12, "fifteen": 15, "twenty": 20, "thirty": 30, "forty-five": 45, "sixty": 60,
    },
    hours=r"hours?|hrs?|h",
    minutes=r"minutes?|mins?|m",
    and_a_half=r"and a half",
    durations={
        "half an hour": 30, "a half hour": 30, "half hour": 30, "an hour": 60, "an hour and a half": 90,
        "one and a half hours": 90, "two and a half hours": 150, "a quarter of an hour": 15, "a quarter hour": 15,
    },
    opening=(
        r"please|kindly|(?:i would|i'd) (?:like|prefer|love)(?: to have)?|i (?:want|need|prefer)(?: to have)?|"
        r"(?:could|can) you|try to|give me|make sure (?:that )?(?:i have|there (?:are|is))|there should be|"
        r"let me have|schedule|also|have|leave me"
    ),
    closing=r"please|if possible|thanks|thank you|if you can|whenever possible",
    meetings=r"(?:meetings?|calls?|appointments?)",
    purpose=r"for|to",
    not_a_purpose=r"this|next|today|tomorrow|week|month|in|except|but|unless|only|without|not|if|when|before|after|until",
    patterns={
        Form.AVOID: (
            rf"{_NO_MEETINGS} {{when}}",
            rf"{{when}},? (?:with )?{_NO_MEETINGS}",
            rf"keep {{when}} {_FREE}{{purpose}}",
            r"keep {when}{purpose!}",
            rf"{{when}} (?:should (?:be|stay)|must (?:be|stay)|are|is|stays?) {_FREE}{{purpose}}",
            rf"{{when}} {_FREE}{{purpose}}",
            rf"(?:leave|hold) {{when}} {_FREE}{{purpose}}",
            r"(?:block|reserve|protect|save)(?: off| out)? {when}{purpose}",
        ),
        Form.ONLY: (
            r"{meetings} (?:are )?only {when}",
            r"only (?:have |schedule |book )?{meetings} {when}",
            r"(?:have|schedule|book|put) {meetings} only {when}",
            r"(?:schedule|book|put) (?:all )?(?:my )?{meetings} {when} only",
        ),
        Form.LUNCH: (
            r"(?:an? |a daily |my )?lunch(?: ?-?(?:break|time|hour))?(?: is)?(?::)?(?: {when})?(?: every day| daily)?",
            r"(?:keep|leave|block|protect) (?:my )?lunch(?: ?-?(?:break|time|hour))?(?: free| clear)?(?: {when})?",
        ),
        Form.MOST: (
            rf"(?:no more than|not more than|up to|limit me to|{_AT_MOST}) {{number}} {{meetings}},? (?:{_A_DAY})",
            rf"{{number}} {{meetings}} (?:{_A_DAY}),? (?:{_AT_MOST}|is enough|are enough)",
            rf"{{number}} {{meetings}} {_AT_MOST} (?:{_A_DAY})",
            rf"limit (?:my |the )?{{meetings}} to (?:{_AT_MOST} )?{{number}} (?:{_A_DAY})",
        ),
        Form.BUFFER: (
            rf"(?:leave |keep |add |an? )*{_AT_LEAST}(?:an? )?{{duration}}(?: (?:of )?(?:an? )?{_GAP})? {_BETWEEN}",
            rf"(?:an? )?{_GAP} of {_AT_LEAST}{{duration}} {_BETWEEN}",
            r"(?:no|avoid|without)(?: any)? back[- ]to[- ]back {meetings}",
            r"(?:no|avoid) {meetings} back[- ]to[- ]back",
        ),
        Form.FOCUS: (
            rf"(?:keep |protect |reserve )?{_AT_LEAST}{{duration}} (?:of |for )?{_FOCUS} (?:{_A_DAY})",
            rf"(?:daily )?{_FOCUS}(?: of|:)? {_AT_LEAST}{{duration}} (?:{_A_DAY})",
        ),
        Form.FOCUS_BLOCK: (
            rf"{_FOCUS} (?:blocks?|time) (?:should be |of |in blocks of ){_AT_LEAST}{{duration}}(?: or more| long)*",
        ),
        Form.WORK: (
            r"(?:my )?(?:working|work|office|business) (?:hours|days|week)(?: are| is)?:? {when}",
            r"(?:i|you) (?:only )?work (?:only )?{when}",
        ),
        Form.OFF: (r"i (?:do not|don't|never) work {when}", r"i(?:'m| am) (?:always )?off {when}"),
    },
)  # fmt: skip
