"""Mail written for these tests, in five languages: what must be urgent, what must not, what is bulk, spam or a "
"lure."""

from typing import Any

from assistant.domain.mail import Mail


def mail(subject: str, body: str, sender: str = "Ana Brandt <ana.brandt@northwind.example>", **fields: Any) -> Mail:
    """Return a mail with sensible defaults."""
    defaults = {"id": "m1", "to": ("owner@company.example",), "received_at": "2026-03-04T09:30:00Z"}
    return Mail.model_validate({**defaults, "from": sender, "subject": subject, "body": body, **fields})


URGENT = {
    "en-outage": mail(
        "Checkout is down",
        "Hi,\n\nSince 09:10 nobody can pay on the web shop, every order fails with error 500. We are losing "
        "about 4,000 "
        "euros an hour. Can you get the platform team on this immediately?\n\nTom",
    ),
    "en-security": mail(
        "Suspected intrusion on the file server",
        "We found ransomware notes on two shares this morning and several accounts were used from abroad. "
        "I need your decision now on taking the whole network offline.",
    ),
    "en-legal": mail(
        "Court deadline today",
        "The injunction hearing was moved forward. Our lawyers need your signed statement by 4 pm today, "
        "otherwise we lose "
        "by default. Please call me as soon as possible.",
    ),
    "en-escalation": mail(
        "Third complaint without an answer",
        "This is the third time I write. For three weeks we have been waiting for our refund and nobody answers. "
        "If this is not resolved today we cancel our contract and take legal action.",
        sender="Ines Duarte <ines@hotel-aurora.example>",
    ),
    "en-alert": mail(
        "CRITICAL: payment database outage",
        "Primary database has been down since 02:14 UTC. 12000 customers are affected. On-call engineer please "
        "respond "
        "immediately.",
        sender="Monitoring <alerts@ops.company.example>",
    ),
    "en-customer": mail(
        "Our largest client is about to leave",
        "The delivery failed again and the whole production line is stopped. Their CEO is furious and wants to "
        "speak to you "
        "within the next two hours. Please call them right away.",
    ),
    "es-outage": mail(
        "Urgente: la tienda no funciona",
        "Buenos días, desde las 8 la tienda en línea está caída y los clientes no pueden comprar. Estamos "
        "perdiendo dinero "
        "cada minuto. Necesitamos que alguien lo solucione de inmediato.",
    ),
    "es-safety": mail(
        "Accidente en el almacén",
        "Ha habido un accidente, dos compañeros están heridos y la ambulancia está en camino. "
        "Por favor, llámame ahora mismo.",
    ),
    "fr-outage": mail(
        "Serveur en panne",
        "Bonjour, le serveur de production est en panne depuis ce matin et nos 300 clients ne peuvent plus "
        "commander. "
        "Merci d'intervenir immédiatement.",
    ),
    "fr-legal": mail(
        "Mise en demeure reçue",
        "Nous avons reçu une mise en demeure de l'avocat du fournisseur. Il faut répondre avant ce soir, sinon "
        "le tribunal "
        "sera saisi. Pouvez-vous m'appeler d'urgence ?",
    ),
    "de-outage": mail(
        "Produktion steht still",
        "Guten Morgen, seit 6 Uhr steht die Linie 2 wegen eines Serverausfalls. Wir verlieren stündlich Aufträge. "
        "Bitte kümmern Sie sich sofort darum.",
    ),
    "de-security": mail(
        "Dringend: Datenleck",
        "Wir haben heute Nacht einen Hackerangriff bemerkt, Kundendaten wurden gestohlen. Die Aufsichtsbehörde muss "
        "innerhalb von 72 Stunden informiert werden. Bitte rufen Sie mich umgehend an.",
    ),
    "zh-outage": mail(
        "紧急：支付系统宕机",
        "您好，今天早上八点起支付系统无法访问，所有客户都不能下单，损失很大。请立即安排人员处理。",
        sender="王伟 <wang.wei@partner.example>",
    ),
    "zh-safety": mail(
        "工厂发生事故",
        "刚才车间发生事故，两名工人受伤，已送医院。请马上给我打电话。",
        sender="李娜 <li.na@plant.example>",
    ),
}

NOT_URGENT = {
    "en-calm": mail(
        "Thoughts on the offsite", "No rush at all, but could you look at the two venues when you have a moment?"
    ),
    "en-fyi": mail("Minutes of Tuesday", "Just FYI, the minutes are attached. No action needed."),
    "en-resolved": mail(
        "Outage is over",
        "The outage from this morning has been resolved, everything is back to normal. Great work, everybody.",
    ),
    "en-lunch": mail("Lunch next week?", "Hi, are you free for lunch on Wednesday or Thursday? Best, Mia"),
    "en-review": mail(
        "Draft contract", "Could you please review section 4 of the attached draft by Friday? Thanks, Jonas"
    ),
    "es-calm": mail("Propuesta de folleto", "Hola, no es urgente: ¿podrías revisar el folleto cuando puedas? Gracias."),
    "fr-calm": mail("Compte rendu", "Bonjour, voici le compte rendu pour information. Rien d'urgent. Bonne journée."),
    "de-calm": mail("Urlaubsplanung", "Hallo, könntest du mir bei Gelegenheit deine Urlaubstage schicken? Eilt nicht."),
    "zh-calm": mail(
        "季度总结",
        "您好，附件是季度总结，供参考，不急，有空时看看即可。谢谢。",
        sender="王伟 <wang.wei@partner.example>",
    ),
}

LURES = {
    "en-account": mail(
        "URGENT: your mailbox will be suspended",
        "Dear user, we noticed unusual activity. Your account will be closed within 24 hours. Click here to "
        "verify your "
        "account and confirm your password immediately.",
        sender="IT Helpdesk <helpdesk@mail-security-check.example>",
    ),
    "en-gift-cards": mail(
        "Quick task",
        "Are you at your desk? I need five gift cards for a client urgently. Buy them now and send me the "
        "codes. Keep this "
        "confidential.",
        sender="CEO <ceo.private@freemail.example>",
    ),
    "en-inheritance": mail(
        "Urgent reply needed",
        "Dear friend, I am a barrister and my late client left 8 million dollars with no next of kin. Send your "
        "full name and "
        "bank details urgently to claim the inheritance.",
        sender="Barrister Cole <cole77@freemail.example>",
    ),
    "es-account": mail(
        "Urgente: su cuenta será bloqueada",
        "Estimado cliente, hemos detectado actividad sospechosa. Haga clic aquí y verifique su identidad en 24 "
        "horas para "
        "evitar la suspensión.",
        sender="Banco <aviso@banco-clientes.example>",
    ),
    "fr-parcel": mail(
        "Dernier rappel : votre colis est bloqué",
        "Cher client, votre colis attend le paiement des frais de douane. Cliquez ici immédiatement et "
        "saisissez votre numéro "
        "de carte.",
        sender="Livraison <info@colis-suivi.example>",
    ),
    "de-account": mail(
        "Dringend: Ihr Konto wurde gesperrt",
        "Sehr geehrter Kunde, wegen verdächtiger Aktivität wurde Ihr Konto gesperrt. Klicken Sie hier und "
        "bestätigen Sie sofort "
        "Ihr Passwort.",
        sender="Bank <service@konto-pruefung.example>",
    ),
    "zh-account": mail(
        "紧急：您的账户已被冻结",
        "尊敬的用户，您的账户异常，请立即点击此处验证您的身份和银行卡号，避免停用。",
        sender="客服 <kefu@zhanghu-anquan.example>",
    ),
}

BULK = {
    "en-sale": mail(
        "Spring sale: 40% off everything",
        "Shop now and save 40% on all shoes. Free shipping on orders over $50. Offer ends Sunday.\n\n"
        "Shop now: https://shop.example/sale\n\nYou are receiving this email because you subscribed. "
        "Unsubscribe: https://shop.example/u",
        sender="Shoe Store <deals@shop.example>",
        headers={"list-unsubscribe": "<https://shop.example/u>", "precedence": "bulk"},
    ),
    "en-digest": mail(
        "This week in design: 12 links",
        "Top stories\n\n* How grids work https://news.example/1\n* Colour theory https://news.example/2\n\n"
        "In this issue: typography, sponsored posts.\n\nManage preferences or unsubscribe: https://news.example/u",
        sender="Design Weekly <newsletter@news.example>",
        headers={"list-unsubscribe": "<https://news.example/u>", "list-id": "Design Weekly <weekly.news.example>"},
    ),
    "en-social": mail(
        "Mia and 3 others liked your post",
        "Mia and 3 others liked your post.\n\nSee who reacted: https://social.example/n/1\n\n"
        "This email was sent to owner@company.example. Unsubscribe from these notifications.",
        sender="Social <notifications@social.example>",
        headers={"list-unsubscribe": "<https://social.example/u>"},
    ),
    "es-sale": mail(
        "Últimas horas: 30 % de descuento",
        "Compra ahora con 30 % de descuento y envío gratuito. Oferta por tiempo limitado. "
        "https://tienda.example/ofertas\n\n"
        "Recibes este correo porque te suscribiste. Darse de baja: https://tienda.example/baja",
        sender="Tienda <ofertas@tienda.example>",
        headers={"list-unsubscribe": "<https://tienda.example/baja>"},
    ),
    "fr-news": mail(
        "La lettre d'information de mars",
        "Dans ce numéro : nos nouveautés, le sommaire, à la une. Lire la suite : https://lettre.example/3\n\n"
        "Vous recevez ce message car vous êtes abonné. Se désabonner : https://lettre.example/u",
        sender="La Lettre <newsletter@lettre.example>",
        headers={"list-unsubscribe": "<https://lettre.example/u>"},
    ),
    "de-news": mail(
        "Newsletter März: neue Angebote",
        "Jetzt sichern: 20 % Rabatt auf alle Kurse, nur für kurze Zeit. https://kurse.example/a\n\n"
        "Sie erhalten diese E-Mail als Abonnent. Hier abmelden: https://kurse.example/u  Impressum",
        sender="Kurse <newsletter@kurse.example>",
        headers={"list-unsubscribe": "<https://kurse.example/u>"},
    ),
    "zh-sale": mail(
        "限时优惠：全场五折",
        "春季促销，全场五折，立即购买享受免费包邮。https://dian.example/sale\n\n您收到此邮件是因为您已订阅。退订：https://dian.example/u",
        sender="商城 <promo@dian.example>",
        headers={"list-unsubscribe": "<https://dian.example/u>"},
    ),
}
