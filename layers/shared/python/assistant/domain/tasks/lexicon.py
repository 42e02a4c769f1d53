"""Words, folded, that tell what a task is about: what weighs, and what is routine; en, es, fr, de."""

import re
from typing import Final

from assistant.domain.triage.lexicon import listed


def _any(text: str) -> re.Pattern[str]:
    return re.compile(r"\b(?:" + "|".join(re.escape(entry).replace(r"\*", r"\w*") for entry in listed(text)) + r")\b")


WEIGHTY: Final = _any("""
    board, budget*, contract*, client*, customer*, investor*, shareholder*, strateg*, roadmap, acquisition, merger
    funding, fundraising, revenue, forecast, audit*, compliance, regulator*, tax, taxes, legal, lawsuit, payroll
    salary, salaries, hiring, hire, candidate*, interview*, promotion, performance review*, 1 1, one on one, 1 1s
    one on ones, coaching, mentoring, feedback talk, launch, release, production, incident, security, okr*, quarterly
    annual report, pitch, proposal*, negotiat*, partnership, kpi*, crisis
    presupuesto*, contrato*, cliente*, inversor*, inversores, estrategia*, impuestos, nomina*, auditoria, lanzamiento
    propuesta*, negociacion, contratacion, consejo de administracion, evaluacion de desempeno
    contrat*, budgets, clients, investisseur*, strategie*, impots, paie, lancement, proposition*, negociation
    recrutement, conseil d administration, entretien annuel, appel d offres
    vertrag*, vertrage, kunde*, kunden, investor*, strategie, steuer*, gehalt*, gehalter, prufung, angebot*
    verhandlung*, einstellung, aufsichtsrat, vorstand*, mitarbeitergesprach*, ausschreibung, jahresabschluss, haushalt
""")

ROUTINE: Final = _any("""
    tidy, clean up, cleanup, sort, unsubscribe, newsletter*, browse, lunch order, coffee, snacks, parking, wallpaper
    social media, twitter, linkedin, swag, rename folder*, archive old, expense receipt*, receipts, office supplies
    birthday card, ordenar, limpiar, boletin, redes sociales, material de oficina, ranger, trier, nettoyer
    lettre d information, reseaux sociaux, fournitures, aufraumen, sortieren, buromaterial, rundbrief, kaffee, ablage
""")
