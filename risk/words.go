package risk

// words say each reason in a sentence, in English and in German: what was seen, not what it means.
func words() map[string][2]string {
	return map[string][2]string{
		"device_known":           {"This browser has been used before.", "Dieser Browser wurde schon benutzt."},
		"device_new":             {"This browser is new.", "Dieser Browser ist neu."},
		"network_known":          {"The network has been used before.", "Dieses Netz wurde schon benutzt."},
		"network_new":            {"The network is new.", "Dieses Netz ist neu."},
		"operator_known":         {"The network's operator is the usual one.", "Der Netzbetreiber ist der übliche."},
		"operator_new":           {"The network's operator is new.", "Der Netzbetreiber ist neu."},
		"country_new":            {"The country is new.", "Das Land ist neu."},
		"travel_hasty":           {"It is far from the last sign-in, for so short a time.", "Für so kurze Zeit ist es weit vom letzten Anmelden entfernt."},
		"travel_impossible":      {"Nobody gets here from the last sign-in so fast.", "So schnell kommt vom Ort des letzten Anmeldens niemand hierher."},
		"line_refused_often":     {"Sign-ins at several accounts were refused from this address.", "Von dieser Adresse wurden Anmeldungen bei mehreren Konten abgewiesen."},
		"network_refused_often":  {"Sign-ins at several accounts were refused from this network.", "Aus diesem Netz wurden Anmeldungen bei mehreren Konten abgewiesen."},
		"device_tries_many":      {"This browser tried several accounts.", "Dieser Browser hat mehrere Konten versucht."},
		"operator_tries_many":    {"Several accounts were tried from this operator's networks.", "Aus Netzen dieses Betreibers wurden mehrere Konten versucht."},
		"wave_of_refusals":       {"Far more sign-ins than usual are refused just now.", "Gerade werden viel mehr Anmeldungen als sonst abgewiesen."},
		"account_tried_before":   {"Others were refused at this account just before.", "Andere wurden bei diesem Konto kurz zuvor abgewiesen."},
		"hour_usual":             {"The time of day is usual.", "Die Tageszeit ist die übliche."},
		"hour_unusual":           {"The time of day is unusual.", "Die Tageszeit ist ungewöhnlich."},
		"browser_kind_known":     {"The kind of browser is known.", "Die Art des Browsers ist bekannt."},
		"browser_kind_changed":   {"The browser says that it is another kind than before.", "Der Browser gibt sich als eine andere Art als bisher aus."},
		"phone_new":              {"It is a phone or a tablet, as new devices mostly are.", "Es ist ein Telefon oder Tablet, wie neue Geräte meist."},
		"computer_like_known":    {"It is a new computer of a known kind.", "Es ist ein neuer Rechner bekannter Art."},
		"computer_new":           {"It is a computer of a new kind.", "Es ist ein Rechner neuer Art."},
		"client_new":             {"The application is new.", "Die Anwendung ist neu."},
		"passkey":                {"A passkey was used.", "Ein Passkey wurde benutzt."},
		"weaker_factor":          {"A password was used instead of the usual passkey.", "Ein Passwort wurde statt des üblichen Passkeys benutzt."},
		"version_usual":          {"The browser's version is the one that people have.", "Die Version des Browsers ist die verbreitete."},
		"version_unusual":        {"Hardly anybody has this version of the browser.", "Diese Version des Browsers hat kaum jemand."},
		"unusual_together":       {"All of it together is unusual here.", "Alles zusammen ist hier ungewöhnlich."},
		"no_browser":             {"It does not look like a browser.", "Es sieht nicht nach einem Browser aus."},
		"password_breached":      {"The password is in a collection of stolen ones.", "Das Passwort steht in einer Sammlung gestohlener."},
		"tor_exit":               {"The address is an exit of the Tor network.", "Die Adresse ist ein Ausgang des Tor-Netzes."},
		"score_alone":            {"The password stands alone: add a passkey, or an authenticator app.", "Das Passwort steht allein: Fügen Sie einen Passkey oder eine Authenticator-App hinzu."},
		"score_no_passkey":       {"A passkey would protect better than a password, and is quicker.", "Ein Passkey schützt besser als ein Passwort und ist schneller."},
		"score_stolen":           {"The password is in a collection of stolen ones: change it.", "Das Passwort steht in einer Sammlung gestohlener: Ändern Sie es."},
		"score_doubted":          {"There were sign-ins in the last month that look unlike yours: see your activity.", "Im letzten Monat gab es Anmeldungen, die nicht nach Ihnen aussehen: Sehen Sie Ihre Aktivität an."},
		"session_same_browser":   {"It is the browser of the sign-in.", "Es ist der Browser der Anmeldung."},
		"session_other_browser":  {"The session came from another browser than that of the sign-in.", "Die Sitzung kam aus einem anderen Browser als dem der Anmeldung."},
		"session_no_browser":     {"The session came without what its browser is known by.", "Die Sitzung kam ohne das, woran ihr Browser erkannt wird."},
		"session_other_kind":     {"It was used with another kind of browser or app.", "Sie wurde mit einer anderen Art von Browser oder App benutzt."},
		"session_other_country":  {"It was used from another country.", "Sie wurde aus einem anderen Land benutzt."},
		"session_other_operator": {"It was used from another operator's network.", "Sie wurde aus dem Netz eines anderen Betreibers benutzt."},
		"session_other_network":  {"It was used from another network.", "Sie wurde aus einem anderen Netz benutzt."},
		"session_travel":         {"Nobody gets here so fast from where it was used before.", "So schnell kommt niemand von dort hierher, wo sie zuletzt benutzt wurde."},
		"session_two_places":     {"Two places used it by turns.", "Zwei Orte haben sie abwechselnd benutzt."},
		"reported_address":       {"Others report attacks from this address.", "Andere melden Angriffe von dieser Adresse."},
	}
}

// Words says a reason in a language ("de"; otherwise English). A code without words is shown as it is.
func Words(reason, lang string) string {
	w, ok := words()[reason]
	switch {
	case !ok:
		return reason
	case lang == "de":
		return w[1]
	}
	return w[0]
}
