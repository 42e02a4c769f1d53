"""Words that stand in many subject lines and say little about the subject; weekdays and months among them."""

from typing import Final

from assistant.domain.triage.lexicon import listed

COMMON: Final = listed(
    """account, action, add, address, advice, again, ago, alert, all, allow, always, announcement, answer, any,
    article, asap, ask, attached, attention, automatic, autoreply, available, away, back, before, below, big, bug,
    call, cancel, case, change, check, comment, complete, confirm, confirmation, contact, copy, correction, daily,
    date, day, deadline, detail, digest, discuss, discussion, document, done, down, draft, easy, edition, email,
    end, error, even, event, every, everyone, everything, fast, feedback, few, file, final, find, first, fix,
    follow, following, forward, forwarded, free, full, get, give, go, good, great, group, half, happy, help, high,
    home, hour, how, idea, important, info, information, interesting, introduction, invitation, invite, invited,
    issue, item, join, keep, know, large, last, late, latest, left, letter, like, link, list, little, long, look,
    low, made, mail, make, many, meet, meeting, memo, message, minute, missing, month, monthly, more, morning, most,
    much, must, need, never, new, news, newsletter, next, nice, night, non, note, notice, notification, now, number,
    off, offer, office, old, once, one, online, only, open, order, other, out, over, own, page, paper, part, past,
    pending, people, per, personal, phone, plan, point, post, preview, problem, proposal, put, question, quick,
    quickly, read, reading, ready, really, received, recent, regarding, release, reminder, reply, report, request,
    required, response, result, review, right, said, sale, same, save, say, schedule, see, send, sent, service, set,
    share, shared, short, show, sign, since, site, small, some, someone, something, soon, special, start, statement,
    status, still, stop, subject, submit, such, suggestion, summary, sure, take, talk, team, tell, test, thing,
    think, thought, thread, till, time, today, tomorrow, tonight, too, top, try, two, under, until, upcoming,
    update, urgent, use, user, version, very, view, wait, want, warning, way, web, week, weekend, weekly, welcome,
    well, what, when, where, which, who, why, word, work, wrong, year, yes, yesterday, monday, tuesday, wednesday,
    thursday, friday, saturday, sunday, mon, tue, wed, thu, fri, sat, sun, january, february, march, april, june,
    july, august, september, october, november, december, jan, feb, mar, apr, jun, jul, aug, sep, sept, oct, nov,
    dec

    actualización, ahora, asunto, aviso, ayuda, año, bienvenido, boletín, buenas, buenos, cambio, carta, cita,
    compartir, confirmación, confirmar, consulta, correo, cuando, datos, desde, después, día, días, documento, duda,
    enlace, enviar, envío, error, favor, fecha, fin, gracias, gratis, hola, hora, hoy, importante, información,
    informe, invitación, llamada, lista, mañana, más, mensaje, mes, muy, nota, noticias, notificación, nuevo, nueva,
    oferta, ok, para, pedido, pendiente, plazo, pregunta, próximo, próxima, recordatorio, respuesta, resumen,
    reunión, revisar, revisión, semana, semanal, señor, servicio, sin, sobre, solicitud, tarde, todo, todos,
    urgente, última, último, ver, versión, lunes, martes, miércoles, jueves, viernes, sábado, domingo, enero,
    febrero, marzo, abril, mayo, junio, julio, agosto, septiembre, octubre, noviembre, diciembre

    actualité, aide, année, annonce, après, aujourd, avant, avis, besoin, bienvenue, bonjour, bonsoir, changement,
    confirmation, compte, courriel, date, délai, demain, demande, dernier, dernière, envoi, erreur, fichier,
    gratuit, heure, hier, hui, important, information, invitation, jour, lettre, lien, liste, maintenant, merci,
    message, mise, mois, nouveau, nouvelle, nouvelles, objet, offre, partage, pièce, point, premier, prochain,
    prochaine, projet, question, rappel, rapport, relance, rendez, réponse, résumé, réunion, semaine, service,
    suite, suivi, tous, tout, toute, urgent, vos, vous, votre, voir, lundi, mardi, mercredi, jeudi, vendredi,
    samedi, dimanche, janvier, février, mars, avril, mai, juin, juillet, août, septembre, octobre, novembre,
    décembre

    aktuell, alle, als, am, anbei, änderung, anfrage, angebot, anhang, ankündigung, antwort, aktualisierung, aus,
    bei, beispiel, benachrichtigung, bericht, besprechung, bestätigung, betreff, bis, bitte, brief, dringend,
    einladung, ende, entwurf, erinnerung, frage, frist, gestern, grüße, gut, guten, hallo, heute, hilfe, ihre,
    ihren, info, information, jahr, jetzt, kurz, letzte, link, liste, mehr, meldung, mitteilung, monat, morgen,
    nach, nachricht, neu, neue, neuer, neues, neuigkeiten, newsletter, nicht, noch, ohne, problem, rückfrage,
    rückmeldung, sehr, stand, stunde, tag, tage, termin, test, thema, über, übersicht, uhrzeit, unser, unsere,
    update, vom, vor, vorschlag, wann, was, wichtig, wie, willkommen, woche, wöchentlich, zeit, zum, zur,
    zusammenfassung, montag, dienstag, mittwoch, donnerstag, freitag, samstag, sonntag, januar, februar, märz, mai,
    juni, juli, oktober, dezember

    会议, 通知, 提醒, 更新, 问题, 邀请, 重要, 紧急, 今天, 明天, 本周, 下周,
    关于, 请求, 回复, 转发, 信息, 报告, 邮件, 确认"""
)
