"""Words, folded, that show how a sentence asks: whom it addresses, how a question or a command begins."""

from typing import Final

from assistant.domain.triage.lexicon import listed

READER: Final = frozenset(
    listed("""
    you, your, yours, anyone, anybody, someone
    usted, ustedes, tu, te
    vous, votre, vos, toi
    sie, du, dir, dich, ihr, ihnen
    """)
)
READER_CHINESE: Final = ("你", "您")

QUESTION_STARTS: Final = frozenset(
    listed("""
    what, when, where, who, whom, which, why, how, can, could, would, will, shall, should, do, does, did, is, are, was
    were, has, have, may
    que, cuando, donde, quien, cual, como, puedes, puede, pueden, podria, podrias, podrian, tienes, tiene, quieres
    quand, ou, qui, quel, quelle, comment, pourquoi, est, pouvez, peux, pourriez, pourrais, avez, voulez
    wann, wo, wer, welche, welcher, wie, warum, kann, kannst, konnen, konnte, konntest, konnten, hast, haben, ist, sind
    """)
)

# A sender who goes on with one of these answers the question himself.
ANSWER_STARTS: Final = frozenset(
    listed("""
    because, yes, yeah, yep, no, nope, not, well
    porque, claro, pues
    parce, oui, non
    weil, denn, ja, nein, nicht
    """)
)
ANSWER_STARTS_CHINESE: Final = ("因为", "因為", "是的", "不是", "对，", "對，")

OPENERS: Final = frozenset(
    listed("""
    and, so, also, then, now, just, first, second, next, finally, but, or
    y, luego, tambien
    et, puis, aussi
    und, dann, auch
    """)
)

COMMANDS: Final = frozenset(
    listed("""
    add, answer, ask, attach, bring, call, change, check, choose, click, comment, complete, confirm, consider, contact
    copy, correct, create, decide, delete, discuss, do, draft, email, ensure, explain, fill, find, finish, fix, follow
    forward, get, give, go, help, hold, include, inform, install, invite, join, keep, leave, let, list, look, mail, make
    mark, move, note, notify, open, order, pay, phone, pick, plan, post, prepare, print, provide, put, read, remember
    remind, remove, reply, report, request, resend, reserve, respond, return, review, run, save, schedule, see, select
    send, set, share, show, sign, speak, start, stop, submit, suggest, take, talk, tell, test, think, transfer, try
    turn, update, upload, use, verify, view, visit, wait, write
    envia, enviame, envie, envieme, manda, mandame, mande, llama, llamame, llame, revisa, revise, confirma, firma, firme
    avisa, avisame, prepara, prepare, responde, responda, dime, digame, pasame, mira
    envoyez, envoie, appelez, appelle, confirmez, confirme, verifiez, verifie, preparez, repondez, reponds, signez
    signe, dites, regardez, regarde, transmettez, donnez, validez
    schicke, schick, schicken, sende, senden, ruf, rufen, prufe, prufen, bestatige, bestatigen, melde, melden
    unterschreiben, unterschreibe, gib, geben, schau, schauen, sag, sagen, antworte
    """)
)
