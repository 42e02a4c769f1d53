"""Words, folded, in which people promise to do something, and those that only look like a promise or a request."""

import re
from typing import Final

from assistant.domain.triage.lexicon import listed


def _any(text: str) -> str:
    return "|".join(re.escape(entry).replace(r"\*", r"\w*") for entry in listed(text))


_ENGLISH_DEEDS: Final = _any("""
    address, answer, arrange, ask, book, bring, call, check, circle back, circulate, come back, complete, confirm
    contact, deliver, discuss, draft, drop, email, e-mail, fill, find, finish, fix, follow, forward, give
    get you, get back, get it, get this, get that, get them, get with you, get the
    handle, have it, have the, have a, have an, have this, have that
    investigate, keep you, let you know, look
    mail, make sure, meet, order, organise, organize, pay, phone, ping, post, prepare, propose, provide, put
    raise, reach, read, remind, reply, report, reschedule, respond, review, revise, ring, run, schedule, send, set
    share, sign, speak, submit, take care, take a look, talk, text, transfer, try, turn, update, upload, work, write
""")
_SPANISH_DEEDS: Final = _any("""
    avisar*, compartir*, completar*, confirmar*, contestar*, enviar*, entregar*, escribir*, firmar*, hablar*, llamar*
    mandar*, mirar*, ocupar*, organizar*, pagar*, pasar*, preguntar*, preparar*, presentar*, reenviar*, reservar*
    responder*, revisar*, subir*, terminar*, hacer*, hare, haremos
""")
_FRENCH_DEEDS: Final = _any("""
    appeler*, confirmer*, contacter*, donner*, ecrire*, ecrir*, envoyer*, enverr*, faire, ferai, ferons, finir*
    livrer*, occuper*, organiser*, parler*, payer*, paier*, preparer*, presenter*, rappeler*, rediger*, regarder*
    relir*, relire, repondr*, reserver*, revenir, reviendr*, signer*, terminer*, transmettr*, transferer*, verifier*
""")
_GERMAN_DEEDS: Final = _any("""
    anrufen, antworten, anschauen, ansehen, aktualisieren, beantworten, besorgen, bestatigen, bezahlen, buchen
    durchsehen, einreichen, erledigen, erstellen, fertigstellen, geben, klaren, kummern, liefern, machen, melden
    organisieren, prufen, reservieren, schicken, schreiben, senden, sprechen, uberarbeiten, uberweisen, unterschreiben
    vorbereiten, weiterleiten, zukommen, zusenden, zuschicken
""")
_GERMAN_NOW: Final = _any("""
    antworte, beantworte, besorge, bestatige, buche, erledige, erstelle, kummere, liefere, melde, organisiere, prufe
    rufe, schicke, schreibe, sende, uberarbeite, uberweise, unterschreibe, bereite, leite, gebe, klare, mache
    antworten, beantworten, bestatigen, erledigen, erstellen, kummern, liefern, melden, prufen, rufen, schicken
    schreiben, senden, uberarbeiten, bereiten, leiten
""")

PROMISE: Final = re.compile(
    rf"\b(?:i|we)(?:'ll| will| shall|'m going to| am going to|'re going to| are going to| promise to| agree to)"
    rf"(?: (?:also|then|just|try to|try and|be sure to|certainly|definitely|\w+ly))* (?:{_ENGLISH_DEEDS})\b|"
    rf"\b(?:i|we) can (?:{_ENGLISH_DEEDS})\b[^.!?]*\b(?:by|before|no later than)\b|"
    r"\blet me (?:check|look into|find out|get back|ask|follow up|confirm with|talk to|speak to|dig)\b|"
    rf"\b(?:(?:te|le|les|os|se|lo|la|los|las|me) )*(?:{_SPANISH_DEEDS})(?<=re|os)\b(?! que)|"
    rf"\b(?:voy|vamos) a (?:{_SPANISH_DEEDS})|\bme (?:encargo|ocupo|comprometo)\b|"
    r"\b(?:te|le|les|os) (?:(?:lo|la|los|las) )?(?:envio|mando|paso|llamo|aviso|confirmo|respondo)\b|"
    rf"\b(?:je|j'|nous) ?(?:(?:vous|te|t'|le|la|les|lui|leur|l'|m'en|me|y) ?)*(?:{_FRENCH_DEEDS})(?<=ai|ns)\b|"
    rf"\b(?:je vais|nous allons) (?:(?:vous|te|t'|le|la|les|lui|leur|l'|m'en) ?)*(?:{_FRENCH_DEEDS})\b|"
    r"\bje (?:vous|te|t') ?(?:(?:le|la|les|l') ?)?(?:envoie|appelle|rappelle|confirme|transmets|reponds|tiens au)\b|"
    r"\bje (?:m'en occupe|m'en charge|reviens vers)\b|"
    rf"\b(?:ich|wir) (?:werden?|will|wollen) (?!nicht\b)[^.!?]*\b(?:{_GERMAN_DEEDS})\b|"
    rf"\b(?:(?:ich|wir) (?:{_GERMAN_NOW})|(?:{_GERMAN_NOW}) (?:ich|wir))\b[^.!?]*\b(?:ihnen|dir|euch|sie|mich|uns|bis|"
    r"darum|zuruck|vor|weiter|heute|morgen|montag|dienstag|mittwoch|donnerstag|freitag)\b"
)

# What depends on something else, has been done already, or lies with somebody else.
NO_PROMISE: Final = re.compile(
    r"^(?:if|unless|in case|should you|si|a menos|en caso|sauf si|wenn|falls|sofern|ob)\b|"
    r"\b(?:attached|enclosed|hereby|herewith|adjunto|adjunta|adjuntos|ci-joint|ci-joints|ci-jointe|piece jointe|"
    r"anbei|hiermit|im anhang|beigefugt)\b|"
    r"\b(?:if (?:you|i|we|they|there)|whether (?:you|i) should|will not|won't|no te|no le|ne (?:vous|te|le)|nicht)\b"
)

# Kind words, and what a reader may do but nobody waits for.
COURTESY: Final = re.compile(
    r"\b(?:feel free|don't hesitate|do not hesitate|any (?:further |other |more )?questions|"
    r"(?:let (?:me|us) know|call me|contact me|reach out|ask) if (?:you|there|anything|i can|we can)|"
    r"if (?:you have|you need|there are|there is|i can|we can) (?:any|help|be)|"
    r"(?:please )?(?:find|see) (?:the )?(?:attached|enclosed|below|attachment)|please note|please be advised|"
    r"please accept|please excuse|please ignore|please disregard|please forgive|take care|take your time|keep up|"
    r"have a (?:great|good|nice|safe|happy)|hope you|thanks? (?:you )?for|thank you|how are you|how's it going|"
    r"if you (?:don't|do not|need|want|can|would like|wish|are interested)|"
    r"(?:can|could|would) you (?:guess|believe|imagine)|"
    r"do you (?:want|wish) to|(?:add|keep) us|tell us what you|should i|at no cost|for free|"
    r"no (?:dude|dudes) en|cualquier duda|no hace falta|encontrara adjunt|un saludo|que tengas?|"
    r"n'hesitez pas|n'hesite pas|veuillez (?:trouver|agreer|recevoir|noter)|bonne (?:journee|soiree)|"
    r"zogern sie nicht|bei (?:fragen|ruckfragen)|falls (?:sie|du) fragen|anbei|im anhang|"
    r"schonen? (?:tag|abend|gruss))\b"
)
