"""The words by which people name columns, in many languages, and how well a name fits a role.

Many words of English, German, French, Spanish, Portuguese, Italian, Dutch, Polish, Turkish and Swedish; a few of Danish,
Norwegian, Finnish, Czech, Hungarian, Greek, Russian, Ukrainian, Indonesian, Japanese, Chinese and Korean. Names are compared
without accents, capital letters and separators, so `Kunden-Nr.`, `kundenNr` and `KUNDEN_NR` are one name.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Literal

Role = Literal[
    "customer",
    "case",
    "session",
    "time",
    "event",
    "channel",
    "id",
    "score",
    "text",
    "amount",
    "duration",
    "promise",
    "bookkeeping",
    "visitor",
]

# Letters that Unicode does not take apart.
_LETTERS = str.maketrans({"ł": "l", "Ł": "L", "ı": "i", "ß": "ss", "ø": "o", "Ø": "O", "æ": "ae", "đ": "d", "İ": "I"})

_WORDS: dict[Role, str] = {
    "customer": (
        "customer client user userid uid person member buyer shopper consumer subscriber patient guest passenger who "
        "profile contact caller actor cust usr owner requester complainant reviewer respondent author distinct "
        "kunde kunden kundin kundennr kundennummer kundnr kundnummer kundenid klantnr klantnummer klientid musterino nutzer benutzer teilnehmer mitglied kaufer gast versicherter wer "
        "cliente utilisateur usager abonne adherent membre acheteur personne assure qui "
        "usuario persona comprador socio abonado paciente quien titular "
        "utilizador pessoa assinante associado quem "
        "utente acquirente abbonato iscritto chi "
        "klant gebruiker persoon koper abonnee lid wie "
        "klient klienta uzytkownik uzytkownika osoba osoby kupujacy abonent pacjent kto "
        "musteri kullanici kisi uye abone hasta kim "
        "kund anvandare kopare medlem prenumerant vem bruker bruger asiakas kayttaja zakaznik uzivatel ugyfel vevo felhasznalo "
        "pelanggan pengguna клиент покупатель пользователь клієнт користувач покупець πελάτης χρήστης 顧客 会員 客户 顾客 用户 고객 회원 "
        "email mail account konto compte cuenta conta rekening hesap cuid"
    ),
    "case": (
        "case caseid ticket incident request trace anonymous visitor device cookie claim dossier complaint conversation "
        "thread chat call vorgangsnummer fall fallnummer besucher gerat visiteur caso visitante visitatore zaak "
        "bezoeker sprawa sprawy odwiedzajacy vaka ziyaretci arende besokare instance order"
    ),
    "session": (
        "session sessionid visit sid sitzung besuch seance visite sesion visita sessao sessione sessie bezoek sesja sesji "
        "wizyta oturum ziyaret besok"
    ),
    "time": (
        "time timestamp ts at date datetime when occurred created happened t eventtime utc logged "
        "zeit zeitpunkt zeitstempel datum uhrzeit wann ereigniszeit erstellt "
        "heure horodatage moment quand instant horaire cree "
        "fecha hora momento cuando instante creado fechahora "
        "data quando horario criado datahora "
        "ora orario istante creato "
        "tijd tijdstip wanneer tijdstempel aangemaakt "
        "czas godzina kiedy znacznik utworzono "
        "zaman tarih tarihi saat zamani damgasi olusturma "
        "tid tidpunkt klockslag nar tidsstampel skapad "
        "dato tidspunkt tidsstempel klokkeslett klokkeslaet aika aikaleima pvm paivamaara cas datumcas ido idopont idobelyeg waktu "
        "tanggal время дата час ημερομηνία ώρα χρόνος 日時 時刻 日付 时间 日期 일시 시간 날짜"
    ),
    "event": (
        "event evt ev eventname eventtype action activity what operation verb interaction task concept "
        "ereignis ereignistyp ereignisname aktion aktivitat vorgang was handlung "
        "evenement activite quoi etape "
        "evento accion actividad que operacion nombre "
        "acao atividade operacao "
        "azione attivita cosa "
        "gebeurtenis actie activiteit wat handeling "
        "zdarzenie zdarzenia akcja czynnosc aktywnosc co dzialanie operacja "
        "olay eylem islem etkinlik aktivite ne hareket "
        "handelse aktivitet atgard vad "
        "hendelse haendelse begivenhed tapahtuma toiminto udalost akce cinnost esemeny muvelet kejadian peristiwa aktivitas "
        "событие действие подія дія γεγονός συμβάν ενέργεια イベント 事件 行为 操作 이벤트 행동"
    ),
    "channel": (
        "channel platform touchpoint via medium kanal canal canale kanaal kanali plattform plateforme plataforma "
        "piattaforma platforma mecra submitted kanava csatorna saluran канал κανάλι チャネル チャンネル 渠道 채널"
    ),
    "id": "id uuid guid eventid messageid recordid rowid ereignisid nummer",
    "score": (
        "score rating stars nps csat ces grade satisfaction bewertung note sterne zufriedenheit puntuacion calificacion "
        "nota avaliacao voto valutazione punteggio beoordeling cijfer ocena puan betyg omdome"
    ),
    "text": (
        "text comment comments message review feedback body description content narrative verbatim kommentar nachricht "
        "texte commentaire avis comentario mensaje mensagem commento messaggio testo tekst opmerking bericht komentarz "
        "wiadomosc tresc yorum mesaj metin meddelande"
    ),
    "amount": (
        "amount price total value revenue sum paid betrag preis summe umsatz wert montant prix somme valeur importe "
        "precio valor preco importo prezzo totale bedrag prijs kwota cena wartosc tutar fiyat belopp pris summa"
    ),
    "duration": (
        "duration seconds elapsed dauer sekunden duree duracion duracao durata duur trwanie sure varaktighet"
    ),
    "promise": (
        "estimated estimate expected promised promise due deadline planned scheduled birth birthday birthdate dob "
        "expiry expires expiration expected valid until limit target sla eta forecast "
        "geplant erwartet fallig falligkeit geburt geburtsdatum geburtstag voraussichtlich frist gultig bis zugesagt "
        "prevu prevue estime estimee naissance echeance limite promis "
        "estimada estimado prevista previsto nacimiento vencimiento prometida prometido "
        "prazo nascimento vencimento validade "
        "stimata stimato scadenza nascita "
        "verwacht verwachte gepland geplande geboorte geboortedatum "
        "oczekiwana oczekiwany planowana planowany urodzenia termin waznosci "
        "tahmini beklenen dogum vade planlanan "
        "beraknad forvantad planerad fodelse forfallo"
    ),
    "visitor": (
        "anonymous pseudo visitor device cookie session guest client browser besucher gerat sitzung visiteur appareil visitante "
        "dispositivo sesion sessao visitatore sessione bezoeker apparaat sessie odwiedzajacy urzadzenie sesja ziyaretci "
        "cihaz oturum besokare enhet"
    ),
    "bookkeeping": (
        "updated modified loaded ingested exported synced inserted imported last "
        "aktualisiert geandert modifie actualizado atualizado aggiornato bijgewerkt zaktualizowano guncelleme uppdaterad"
    ),
}  # fmt: skip


def _plain(text: str) -> str:
    """The text without accents, whatever its script."""
    apart = unicodedata.normalize("NFKD", text.translate(_LETTERS))
    return unicodedata.normalize("NFC", "".join(letter for letter in apart if not unicodedata.combining(letter)))


_VOCABULARY: dict[Role, frozenset[str]] = {role: frozenset(_plain(words).split()) for role, words in _WORDS.items()}

# Stems long enough to be looked for inside compound nouns (`Kundennummer`, `Ereigniszeitpunkt`), and words of scripts that
# set no spaces.
_STEM_WORDS: dict[Role, str] = {
    "customer": (
        "customer kunde bruker bruger benutzer client usuario utilisateur uzytkown musteri kullanic anvandar gebruiker klant "
        "asiaka kayttaj zakazni uzivatel ugyfel felhasznal pelanggan pengguna клиент покупател пользовател клієнт користувач "
        "покупц πελάτ χρήστ 顧客 お客様 会員 ユーザ 利用者 客户 顾客 用户 会员 고객 사용자 회원"
    ),
    "time": (
        "zeitpunkt zeitstempel timestamp datetime tidpunkt tidspunkt tijdstip datum aikaleim paivamaar idopont waktu tanggal "
        "врем дата ημερομην 日時 時刻 日付 時間 タイムスタンプ 时间 日期 일시 시간 시각 날짜"
    ),
    "event": (
        "ereignis gebeurtenis zdarzeni handels hendels tapahtum udalost esemeny kejadian peristiwa "
        "событи действи поді γεγον συμβάν ενέργει イベント 行動 アクション 操作 事件 行为 动作 活动 이벤트 행동 활동"
    ),
    "channel": "kanal channel kanaal kanava csatorn saluran канал κανάλι チャネル チャンネル 渠道 频道 채널",
    "session": "session sitzung",
    "promise": "geburts fallig liefertermin",
}  # fmt: skip
_STEMS: dict[Role, tuple[str, ...]] = {role: tuple(_plain(words).split()) for role, words in _STEM_WORDS.items()}

# Words that play their part only where they are the whole name.
_ALONE = frozenset(
    "what was que quoi cosa wat co vad ne who qui quien quem chi wie kto kim vem wer when was t at on nombre ev".split()
)

# Words that add nothing to the meaning of a name.
_FILLERS = frozenset(
    "id ids no nr num number nummer numero name nom nome nombre key code ref uuid guid hash unique the of de la le des "
    "do da di del der die das van event events naam nazwa adi ad namn identifiant typ type tipo soort tur "
    "номер код cislo kod kode nomor tunnus numero szam azonosito 番号 コード 编号 代码 번호".split()
)
# Words of file names that say nothing of the rows.
_NO_ROW = frozenset(
    {"", "dataset", "table", "data", "sample", "export", "dump", "full", "list", "csv", "final", "clean"}
)
_EXACT, _LED, _HELD, _INSIDE = 1.0, 0.9, 0.7, 0.6


def words_of(name: str) -> tuple[str, ...]:
    """The words of a column's name in any script, without accents and capital letters.

    Example:
        >>> words_of("customerUniqueID"), words_of("Größe (cm)")
        (('customer', 'unique', 'id'), ('grosse', 'cm'))
    """
    parted = re.sub(
        r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])"
        r"|(?<=[\u3040-\u9fff\uac00-\ud7a3])(?=[A-Za-z0-9])|(?<=[A-Za-z0-9])(?=[\u3040-\u9fff\uac00-\ud7a3])",
        " ",
        _plain(name),
    )
    return tuple(word for word in re.split(r"[\W_]+", parted.lower()) if word)


def fit(name: str, role: Role) -> float:
    """How well a column's name fits a role, 0 to 1.

    Example:
        >>> fit("Kunde", "customer"), fit("customer_id", "customer"), fit("colour", "customer")
        (1.0, 0.9, 0.0)
    """
    words, known = words_of(last_part(name)), _VOCABULARY[role]
    if not words:
        return 0.0
    if "".join(words) in known or (len(words) == 1 and words[0] in known):
        return _EXACT
    known = known - _ALONE
    telling = [word for word in words if word not in _FILLERS] or list(words)
    if all(word in known for word in telling):
        return _LED
    if telling[0] in known or telling[-1] in known:
        return _HELD
    if any(stem in word for stem in _STEMS.get(role, ()) for word in words):
        return _INSIDE
    return _HELD - 0.2 if any(word in known for word in telling) else 0.0


def last_part(name: str) -> str:
    """The last part of a dotted name; with the one before where the last says only that it is an id."""
    parts = name.split(".")
    return " ".join(parts[-2:]) if words_of(parts[-1]) in (("id",), ("key",), ("uuid",)) else parts[-1]


def speaks_of(name: str, role: Role) -> bool:
    """Whether any word of a column's name belongs to a role.

    Example:
        >>> speaks_of("order_estimated_delivery_date", "promise")
        True
    """
    words = words_of(name)
    return any(word in _VOCABULARY[role] for word in words) or fit(name, role) > 0


def singular(name: str) -> str:
    """A table's name as one of its rows would be called, in English; other names stay as they are.

    Example:
        >>> singular("tickets"), singular("olist_order_reviews_dataset"), singular("entries")
        ('ticket', 'olist_order_review', 'entry')
    """
    words = [word for word in re.split(r"[^\w]+|_+", name.lower()) if word not in _NO_ROW]
    if not words:
        return name.lower()
    last = words[-1]
    if last.endswith("ies") and len(last) > 4:
        last = last[:-3] + "y"
    elif last.endswith(("sses", "shes", "ches", "xes")):
        last = last[:-2]
    elif last.endswith("s") and not last.endswith(("ss", "us", "is")) and len(last) > 3:
        last = last[:-1]
    return "_".join([*words[:-1], last])
