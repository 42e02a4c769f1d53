"""Finds what a lure asks for: a secret to type or a small fee to pay, on a site that is not the sender's."""

import re
from collections.abc import Iterable
from typing import Final

from assistant.domain.triage.lexicon import listed
from assistant.domain.triage.reading import Reading

# A fee small enough to be paid without asking anyone.
_SMALL_FEE: Final = 20.0
_AMOUNT: Final = re.compile(
    r"[$€£¥]\s?(\d{1,6}(?:[.,]\d{2})?)(?![\d.,]*\d)|(?<![\d.,])(\d{1,6}(?:[.,]\d{2})?)\s?(?:[$€£¥元]|(?:usd|eur|gbp|chf)\b)",
    re.IGNORECASE,
)
_GIVE: Final = frozenset(
    listed(
        """enter, re-enter, type, fill, complete, provide, submit, update, verify, validate, confirm, connect, link,
    sync, synchronize, synchronise, scan, unlock, reactivate, add, register, renew, log, sign,
    introduzca, introduce, ingrese, ingresa, rellene, rellena, complete, facilite, indique, actualice, actualiza,
    verifique, verifica, valide, confirme, confirma, escanee, registre,
    saisissez, saisir, renseignez, renseigner, entrez, entrer, remplissez, remplir, completez, fournissez, indiquez,
    actualisez, verifiez, validez, valider, confirmez, confirmer, scannez,
    geben, eingeben, gib, fullen, ausfullen, hinterlegen, aktualisieren, verifizieren, bestatigen, scannen, nennen,
    tragen, angeben, anmelden"""
    )
)
_SECRETS: Final = frozenset(
    listed(
        """password, passwords, passcode, passphrase, pin, card, wallet, phrase, mnemonic, credentials, cvv, otp,
    contrasena, clave, tarjeta, credenciales, cartera, monedero,
    passe, carte, identifiants, portefeuille,
    passwort, kennwort, pin, tan, karte, kreditkarte, kartendaten, kreditkartendaten, zugangsdaten, anmeldedaten,
    bankdaten, kontodaten, kartennummer"""
    )
)
_PAY: Final = frozenset(
    listed(
        """pay, payment, settle, fee, charge, postage, abone, abonar, pague, pagar, pago, tasa, payez, payer, reglez,
    regler, acquittez, frais, zahlen, zahle, bezahlen, begleichen, gebuhr, gebuhren, nachporto"""
    )
)
_GIVE_CHINESE: Final = ("填写", "輸入", "输入", "提供", "验证", "驗證", "绑定", "綁定", "更新", "补充")
_SECRETS_CHINESE: Final = ("密码", "密碼", "银行卡", "銀行卡", "信用卡", "卡号", "卡號", "助记词", "验证码", "身份证")
_PAY_CHINESE: Final = ("支付", "缴纳", "繳納", "付款", "补交", "手续费", "运费", "关税")


def count_traps(reading: Reading) -> int:
    """Return how many different demands of a lure the mail makes, 0 to 2: a secret to type, a small fee to pay."""
    said = frozenset(word for word, _, _ in reading.tokens)
    if not (said & (_SECRETS | _PAY) or _has_any(reading.said, (*_SECRETS_CHINESE, *_PAY_CHINESE))):
        return 0
    demands = [(sentence.text, frozenset(reading.within(sentence)[1])) for sentence in reading.sentences]
    return any(_takes_a_secret(*demand) for demand in demands) + any(_takes_a_fee(*demand) for demand in demands)


def _takes_a_secret(text: str, words: frozenset[str]) -> bool:
    gives = bool(words & _GIVE) or _has_any(text, _GIVE_CHINESE)
    return gives and (bool(words & _SECRETS) or _has_any(text, _SECRETS_CHINESE))


def _takes_a_fee(text: str, words: frozenset[str]) -> bool:
    pays = bool(words & _PAY) or _has_any(text, _PAY_CHINESE)
    return pays and any(amount < _SMALL_FEE for amount in _amounts(text))


def _has_any(text: str, phrases: Iterable[str]) -> bool:
    return any(phrase in text for phrase in phrases)


def _amounts(text: str) -> Iterable[float]:
    for before, after in _AMOUNT.findall(text):
        yield float((before or after).replace(",", "."))
