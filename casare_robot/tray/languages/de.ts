<?xml version='1.0' encoding='utf-8'?>
<TS version="2.1" language="de" sourcelanguage="en">
  <context>
    <name>tray</name>
    <message>
      <source>&amp;Accounts…</source>
      <translation>&amp;Konten…</translation>
    </message>
    <message>
      <source>&amp;Address</source>
      <translation>&amp;Adresse</translation>
    </message>
    <message>
      <source>&amp;Answer…</source>
      <translation>&amp;Antworten…</translation>
    </message>
    <message>
      <source>&amp;Back</source>
      <translation>&amp;Zurück</translation>
    </message>
    <message>
      <source>&amp;Browse…</source>
      <translation>&amp;Durchsuchen…</translation>
    </message>
    <message>
      <source>&amp;Cancel…</source>
      <translation>&amp;Abbrechen…</translation>
    </message>
    <message>
      <source>&amp;Choose…</source>
      <translation>&amp;Wählen…</translation>
    </message>
    <message>
      <source>&amp;Close</source>
      <translation>S&amp;chließen</translation>
    </message>
    <message>
      <source>&amp;Copy</source>
      <translation>&amp;Kopieren</translation>
    </message>
    <message>
      <source>&amp;Copy the code</source>
      <translation>Code &amp;kopieren</translation>
    </message>
    <message>
      <source>&amp;Draw on the screen…</source>
      <translation>Auf dem Bildschirm &amp;zeichnen…</translation>
    </message>
    <message>
      <source>&amp;Drill…</source>
      <translation>&amp;Übung…</translation>
    </message>
    <message>
      <source>&amp;Export…</source>
      <translation>E&amp;xportieren…</translation>
    </message>
    <message>
      <source>&amp;Finish</source>
      <translation>&amp;Fertigstellen</translation>
    </message>
    <message>
      <source>&amp;Follow</source>
      <translation>Mit&amp;laufen</translation>
    </message>
    <message>
      <source>&amp;Give up</source>
      <translation>Auf&amp;geben</translation>
    </message>
    <message>
      <source>&amp;Logs</source>
      <translation>Pr&amp;otokoll</translation>
    </message>
    <message>
      <source>&amp;Next</source>
      <translation>&amp;Weiter</translation>
    </message>
    <message>
      <source>&amp;No</source>
      <translation>&amp;Nein</translation>
    </message>
    <message>
      <source>&amp;Not now</source>
      <translation>&amp;Nicht jetzt</translation>
    </message>
    <message>
      <source>&amp;Pause</source>
      <translation>&amp;Pause</translation>
    </message>
    <message>
      <source>&amp;Previous page</source>
      <translation>&amp;Vorige Seite</translation>
    </message>
    <message>
      <source>&amp;Run</source>
      <translation>&amp;Ausführen</translation>
    </message>
    <message>
      <source>&amp;Run a first workflow…</source>
      <translation>E&amp;rsten Ablauf ausführen…</translation>
    </message>
    <message>
      <source>&amp;Run a workflow…</source>
      <translation>Ablauf &amp;ausführen…</translation>
    </message>
    <message>
      <source>&amp;Run again</source>
      <translation>Noch einmal &amp;ausführen</translation>
    </message>
    <message>
      <source>&amp;Save diagnosis…</source>
      <translation>&amp;Diagnose speichern…</translation>
    </message>
    <message>
      <source>&amp;Settings…</source>
      <translation>&amp;Einstellungen…</translation>
    </message>
    <message>
      <source>&amp;Sign in to Google</source>
      <translation>Bei Google &amp;anmelden</translation>
    </message>
    <message>
      <source>&amp;Skip: use it for this desk only</source>
      <translation>Ü&amp;berspringen: nur für diesen Arbeitsplatz</translation>
    </message>
    <message>
      <source>&amp;Start now</source>
      <translation>Jetzt &amp;beginnen</translation>
    </message>
    <message>
      <source>&amp;Switch on a workflow…</source>
      <translation>&amp;Workflow einschalten…</translation>
    </message>
    <message>
      <source>&amp;Time line</source>
      <translation>&amp;Zeitverlauf</translation>
    </message>
    <message>
      <source>&amp;Until</source>
      <translation>&amp;Bis</translation>
    </message>
    <message>
      <source>&amp;Variables</source>
      <translation>&amp;Variablen</translation>
    </message>
    <message>
      <source>&amp;What it wrote</source>
      <translation>&amp;Ausgaben</translation>
    </message>
    <message>
      <source>&amp;Yes</source>
      <translation>&amp;Ja</translation>
    </message>
    <message>
      <source>, resumed</source>
      <translation>, fortgesetzt</translation>
    </message>
    <message>
      <source>24 h ago</source>
      <translation>vor 24 h</translation>
    </message>
    <message>
      <source>; can {what}</source>
      <translation>; kann {what}</translation>
    </message>
    <message>
      <source>A client of the type Desktop app or TV; {console} gives it.</source>
      <translation>Ein Client vom Typ Desktop-App oder TV; es gibt ihn unter {console}.</translation>
    </message>
    <message>
      <source>A job that runs longer is ended.</source>
      <translation>Ein Auftrag, der länger läuft, wird beendet.</translation>
    </message>
    <message>
      <source>A node that runs longer fails, unless it says otherwise.</source>
      <translation>Ein Knoten, der länger läuft, schlägt fehl, wenn er nichts anderes sagt.</translation>
    </message>
    <message>
      <source>A question that nobody could see for so long fails, or takes its own default.</source>
      <translation>Eine Frage, die so lange niemand sehen konnte, schlägt fehl oder nimmt ihre eigene Vorgabe.</translation>
    </message>
    <message>
      <source>A robot that starts with you takes jobs whenever you work here.</source>
      <translation>Ein Roboter, der mit Ihnen startet, nimmt Aufträge an, wann immer Sie hier arbeiten.</translation>
    </message>
    <message>
      <source>A running job without progress for so long is reported.</source>
      <translation>Ein laufender Auftrag, der so lange nicht vorankommt, wird gemeldet.</translation>
    </message>
    <message>
      <source>A step that is being done may be left half done.</source>
      <translation>Ein Schritt, der gerade getan wird, bleibt vielleicht halb getan.</translation>
    </message>
    <message>
      <source>A workflow</source>
      <translation>Ein Ablauf</translation>
    </message>
    <message>
      <source>A workflow file; or drop one here</source>
      <translation>Eine Ablaufdatei; oder hier ablegen</translation>
    </message>
    <message>
      <source>A workflow that begins with a trigger – a schedule, a folder, a mailbox – starts by itself from when it is switched on, also after a restart.</source>
      <translation>Ein Workflow, der mit einem Auslöser beginnt – einem Zeitplan, einem Ordner, einem Postfach –, startet von selbst, sobald er eingeschaltet ist, auch nach einem Neustart.</translation>
    </message>
    <message>
      <source>API key</source>
      <translation>API-Schlüssel</translation>
    </message>
    <message>
      <source>About</source>
      <translation>Über</translation>
    </message>
    <message>
      <source>Accepted</source>
      <translation>Angenommen</translation>
    </message>
    <message>
      <source>Accounts</source>
      <translation>Konten</translation>
    </message>
    <message>
      <source>Address</source>
      <translation>Adresse</translation>
    </message>
    <message>
      <source>Address of the Supabase project.</source>
      <translation>Adresse des Supabase-Projekts.</translation>
    </message>
    <message>
      <source>Address of the orchestrator; empty: work for this desk only.</source>
      <translation>Adresse des Orchestrators; leer: nur für diesen Arbeitsplatz arbeiten.</translation>
    </message>
    <message>
      <source>Advanced</source>
      <translation>Erweitert</translation>
    </message>
    <message>
      <source>After a not now, the tray asks again.</source>
      <translation>Nach einem Nicht jetzt wird noch einmal gefragt.</translation>
    </message>
    <message>
      <source>After not now, ask again in</source>
      <translation>Nach Nicht jetzt wieder fragen in</translation>
    </message>
    <message>
      <source>All is well.</source>
      <translation>Alles ist in Ordnung.</translation>
    </message>
    <message>
      <source>All jobs</source>
      <translation>Alle Aufträge</translation>
    </message>
    <message>
      <source>All levels</source>
      <translation>Alle Stufen</translation>
    </message>
    <message>
      <source>All members are in step</source>
      <translation>Alle Mitglieder sind auf gleichem Stand</translation>
    </message>
    <message>
      <source>All of it: {span}</source>
      <translation>Alles zusammen: {span}</translation>
    </message>
    <message>
      <source>Allow private addresses</source>
      <translation>Private Adressen erlauben</translation>
    </message>
    <message>
      <source>Allow scripts</source>
      <translation>Skripte erlauben</translation>
    </message>
    <message>
      <source>Allowed hosts</source>
      <translation>Erlaubte Rechner</translation>
    </message>
    <message>
      <source>Allowed node types</source>
      <translation>Erlaubte Knotentypen</translation>
    </message>
    <message>
      <source>Answer in the browser that has opened, within {span}.</source>
      <translation>Antworten Sie innerhalb von {span} im Browser, der sich geöffnet hat.</translation>
    </message>
    <message>
      <source>Answer {job}</source>
      <translation>{job} antworten</translation>
    </message>
    <message>
      <source>Archives (*.zip)</source>
      <translation>Archive (*.zip)</translation>
    </message>
    <message>
      <source>As the system</source>
      <translation>Wie das System</translation>
    </message>
    <message>
      <source>Asked by {job}</source>
      <translation>Gefragt von {job}</translation>
    </message>
    <message>
      <source>Asking Google…</source>
      <translation>Google wird gefragt…</translation>
    </message>
    <message>
      <source>Back to version {version}…</source>
      <translation>Zurück zu Version {version}…</translation>
    </message>
    <message>
      <source>Before a job takes mouse and keyboard the tray counts down, so that one can say not now; 0: it does not.</source>
      <translation>Bevor ein Auftrag Maus und Tastatur nimmt, wird heruntergezählt, damit man Nicht jetzt sagen kann; 0: nicht.</translation>
    </message>
    <message>
      <source>Bring all members up to what the group knows</source>
      <translation>Alle Mitglieder auf den Stand der Gruppe bringen</translation>
    </message>
    <message>
      <source>Bring in &amp;step</source>
      <translation>Auf gleichen &amp;Stand bringen</translation>
    </message>
    <message>
      <source>Cancel</source>
      <translation>Abbrechen</translation>
    </message>
    <message>
      <source>Cancel job</source>
      <translation>Auftrag abbrechen</translation>
    </message>
    <message>
      <source>Cancel job…</source>
      <translation>Auftrag abbrechen…</translation>
    </message>
    <message>
      <source>Cancel the job</source>
      <translation>Den Auftrag abbrechen</translation>
    </message>
    <message>
      <source>Cancel {job}</source>
      <translation>{job} abbrechen</translation>
    </message>
    <message>
      <source>Cancel {job}?</source>
      <translation>{job} abbrechen?</translation>
    </message>
    <message>
      <source>Cancelled jobs</source>
      <translation>Abgebrochene Aufträge</translation>
    </message>
    <message>
      <source>Cancel…</source>
      <translation>Abbrechen…</translation>
    </message>
    <message>
      <source>Casare Robot</source>
      <translation>Casare Robot</translation>
    </message>
    <message>
      <source>Change {title}</source>
      <translation>{title} ändern</translation>
    </message>
    <message>
      <source>Change…</source>
      <translation>Ändern…</translation>
    </message>
    <message>
      <source>Check &amp;again</source>
      <translation>Noch einmal &amp;prüfen</translation>
    </message>
    <message>
      <source>Check connection</source>
      <translation>Verbindung prüfen</translation>
    </message>
    <message>
      <source>Check connection…</source>
      <translation>Verbindung prüfen…</translation>
    </message>
    <message>
      <source>Checking</source>
      <translation>Wird geprüft</translation>
    </message>
    <message>
      <source>Checking…</source>
      <translation>Wird geprüft…</translation>
    </message>
    <message>
      <source>Checkpoint enabled</source>
      <translation>Zwischenstände</translation>
    </message>
    <message>
      <source>Choose a colour</source>
      <translation>Eine Farbe wählen</translation>
    </message>
    <message>
      <source>Choose a job to see all of it.</source>
      <translation>Wählen Sie einen Auftrag, um alles davon zu sehen.</translation>
    </message>
    <message>
      <source>Choose a line to see all of it.</source>
      <translation>Wählen Sie eine Zeile, um alles davon zu sehen.</translation>
    </message>
    <message>
      <source>Choose a workflow</source>
      <translation>Einen Ablauf wählen</translation>
    </message>
    <message>
      <source>Choose…</source>
      <translation>Wählen…</translation>
    </message>
    <message>
      <source>Click for details.</source>
      <translation>Klicken Sie für Einzelheiten.</translation>
    </message>
    <message>
      <source>Close only this, let the robot go on</source>
      <translation>Nur dies schließen, der Roboter arbeitet weiter</translation>
    </message>
    <message>
      <source>Connect</source>
      <translation>Verbinden</translation>
    </message>
    <message>
      <source>Connected</source>
      <translation>Verbunden</translation>
    </message>
    <message>
      <source>Connecting</source>
      <translation>Wird verbunden</translation>
    </message>
    <message>
      <source>Connection</source>
      <translation>Verbindung</translation>
    </message>
    <message>
      <source>Copy</source>
      <translation>Kopieren</translation>
    </message>
    <message>
      <source>Copy the chosen lines</source>
      <translation>Die gewählten Zeilen kopieren</translation>
    </message>
    <message>
      <source>Count down before taking the mouse</source>
      <translation>Herunterzählen, bevor die Maus genommen wird</translation>
    </message>
    <message>
      <source>Defaults of this page</source>
      <translation>Vorgaben dieser Seite</translation>
    </message>
    <message>
      <source>Demote</source>
      <translation>Zurückstufen</translation>
    </message>
    <message>
      <source>Demote {robot}</source>
      <translation>{robot} zurückstufen</translation>
    </message>
    <message>
      <source>Denied node types</source>
      <translation>Verbotene Knotentypen</translation>
    </message>
    <message>
      <source>Details</source>
      <translation>Einzelheiten</translation>
    </message>
    <message>
      <source>Deutsch</source>
      <translation>Deutsch</translation>
    </message>
    <message>
      <source>Dialect</source>
      <translation>Dialekt</translation>
    </message>
    <message>
      <source>Disconnected</source>
      <translation>Getrennt</translation>
    </message>
    <message>
      <source>Disconnected from the robot</source>
      <translation>Vom Roboter getrennt</translation>
    </message>
    <message>
      <source>Do it again</source>
      <translation>Noch einmal tun</translation>
    </message>
    <message>
      <source>Do not save</source>
      <translation>Nicht speichern</translation>
    </message>
    <message>
      <source>Done</source>
      <translation>Fertig</translation>
    </message>
    <message>
      <source>Draw a rectangle; Escape leaves</source>
      <translation>Ein Rechteck zeichnen; Escape bricht ab</translation>
    </message>
    <message>
      <source>Drive: all files</source>
      <translation>Drive: alle Dateien</translation>
    </message>
    <message>
      <source>Drive: only files the robot made</source>
      <translation>Drive: nur Dateien, die der Roboter angelegt hat</translation>
    </message>
    <message>
      <source>Duration of a job</source>
      <translation>Dauer eines Auftrags</translation>
    </message>
    <message>
      <source>Empty: no limit.</source>
      <translation>Leer: keine Grenze.</translation>
    </message>
    <message>
      <source>Ended</source>
      <translation>Beendet</translation>
    </message>
    <message>
      <source>Endpoint of the model that chooses</source>
      <translation>Endpunkt des Modells, das auswählt</translation>
    </message>
    <message>
      <source>English</source>
      <translation>Englisch</translation>
    </message>
    <message>
      <source>Enrolment &amp;code</source>
      <translation>Anmelde&amp;code</translation>
    </message>
    <message>
      <source>Enrolment code</source>
      <translation>Anmeldecode</translation>
    </message>
    <message>
      <source>Environment</source>
      <translation>Umgebung</translation>
    </message>
    <message>
      <source>Error</source>
      <translation>Fehler</translation>
    </message>
    <message>
      <source>Every status</source>
      <translation>Jeder Status</translation>
    </message>
    <message>
      <source>Exit</source>
      <translation>Beenden</translation>
    </message>
    <message>
      <source>Exit although a job is running?</source>
      <translation>Beenden, obwohl ein Auftrag läuft?</translation>
    </message>
    <message>
      <source>Export the jobs that are shown</source>
      <translation>Die gezeigten Aufträge exportieren</translation>
    </message>
    <message>
      <source>Export the lines that are shown</source>
      <translation>Die gezeigten Zeilen exportieren</translation>
    </message>
    <message>
      <source>Fail over</source>
      <translation>Übernehmen lassen</translation>
    </message>
    <message>
      <source>Fail over on purpose?</source>
      <translation>Absichtlich übernehmen lassen?</translation>
    </message>
    <message>
      <source>Failovers</source>
      <translation>Übernahmen</translation>
    </message>
    <message>
      <source>Failures</source>
      <translation>Fehlschläge</translation>
    </message>
    <message>
      <source>Finish it, then exit</source>
      <translation>Fertig machen, dann beenden</translation>
    </message>
    <message>
      <source>Finished jobs are forgotten after this time.</source>
      <translation>Beendete Aufträge werden nach dieser Zeit vergessen.</translation>
    </message>
    <message>
      <source>Folder of the journal</source>
      <translation>Ordner des Journals</translation>
    </message>
    <message>
      <source>Folder of the journal: jobs, state, results; relative: from the settings.</source>
      <translation>Ordner des Journals: Aufträge, Stand, Ergebnisse; relativ: von den Einstellungen aus.</translation>
    </message>
    <message>
      <source>For 1 hour</source>
      <translation>Für 1 Stunde</translation>
    </message>
    <message>
      <source>For 15 minutes</source>
      <translation>Für 15 Minuten</translation>
    </message>
    <message>
      <source>For an &amp;orchestrator: I have an enrolment code or a file</source>
      <translation>Für einen &amp;Orchestrator: ich habe einen Anmeldecode oder eine Datei</translation>
    </message>
    <message>
      <source>For this &amp;desk only: I run workflows myself</source>
      <translation>&amp;Nur für diesen Arbeitsplatz: ich führe Abläufe selbst aus</translation>
    </message>
    <message>
      <source>For whom does it work?</source>
      <translation>Für wen arbeitet er?</translation>
    </message>
    <message>
      <source>Forget it</source>
      <translation>Vergessen</translation>
    </message>
    <message>
      <source>Forget {title}</source>
      <translation>{title} vergessen</translation>
    </message>
    <message>
      <source>Forget {title}?</source>
      <translation>{title} vergessen?</translation>
    </message>
    <message>
      <source>Forget…</source>
      <translation>Vergessen…</translation>
    </message>
    <message>
      <source>From</source>
      <translation>Von</translation>
    </message>
    <message>
      <source>General</source>
      <translation>Allgemein</translation>
    </message>
    <message>
      <source>Gmail: read, send, delete</source>
      <translation>Gmail: lesen, senden, löschen</translation>
    </message>
    <message>
      <source>Go back</source>
      <translation>Zurückgehen</translation>
    </message>
    <message>
      <source>Go back to version {version}?</source>
      <translation>Zurück zu Version {version}?</translation>
    </message>
    <message>
      <source>Go on after this step</source>
      <translation>Nach diesem Schritt weitermachen</translation>
    </message>
    <message>
      <source>Go on at {node}</source>
      <translation>Bei {node} weitermachen</translation>
    </message>
    <message>
      <source>Go on where it stopped</source>
      <translation>Weitermachen, wo er aufgehört hat</translation>
    </message>
    <message>
      <source>Google is told, and workflows that use it work no more.</source>
      <translation>Google erfährt es, und Workflows, die es benutzen, funktionieren nicht mehr.</translation>
    </message>
    <message>
      <source>Group</source>
      <translation>Gruppe</translation>
    </message>
    <message>
      <source>Group that this robot is a member of; empty: none.</source>
      <translation>Gruppe, zu der dieser Roboter gehört; leer: keine.</translation>
    </message>
    <message>
      <source>Group {name}</source>
      <translation>Gruppe {name}</translation>
    </message>
    <message>
      <source>Group: {name} – {role}</source>
      <translation>Gruppe: {name} – {role}</translation>
    </message>
    <message>
      <source>Heartbeat interval</source>
      <translation>Abstand der Lebenszeichen</translation>
    </message>
    <message>
      <source>Help</source>
      <translation>Hilfe</translation>
    </message>
    <message>
      <source>Hide &amp;details</source>
      <translation>&amp;Einzelheiten verbergen</translation>
    </message>
    <message>
      <source>How full the memory is</source>
      <translation>Wie voll der Speicher ist</translation>
    </message>
    <message>
      <source>How much longer each wait is than the one before.</source>
      <translation>Wievielmal so lang jede Pause ist wie die davor.</translation>
    </message>
    <message>
      <source>How the orchestrator speaks; auto: find out.</source>
      <translation>Wie der Orchestrator spricht; auto: herausfinden.</translation>
    </message>
    <message>
      <source>Id</source>
      <translation>Kennung</translation>
    </message>
    <message>
      <source>Information</source>
      <translation>Information</translation>
    </message>
    <message>
      <source>Install version {version} when idle</source>
      <translation>Version {version} installieren, sobald nichts läuft</translation>
    </message>
    <message>
      <source>Interrupt: it goes on at the next start</source>
      <translation>Unterbrechen: es geht beim nächsten Start weiter</translation>
    </message>
    <message>
      <source>Invitations (*.json);;All files (*)</source>
      <translation>Einladungen (*.json);;Alle Dateien (*)</translation>
    </message>
    <message>
      <source>Is all well?</source>
      <translation>Ist alles in Ordnung?</translation>
    </message>
    <message>
      <source>It begins by itself. Please leave mouse and keyboard alone until it is done.</source>
      <translation>Er beginnt von selbst. Bitte Maus und Tastatur nicht anfassen, bis er fertig ist.</translation>
    </message>
    <message>
      <source>It cannot be read: {error}</source>
      <translation>Sie kann nicht gelesen werden: {error}</translation>
    </message>
    <message>
      <source>It has no variables.</source>
      <translation>Er hat keine Variablen.</translation>
    </message>
    <message>
      <source>It holds:
{parts}

No secrets, user names or variables. It stays on this machine until you send it.</source>
      <translation>Sie enthält:
{parts}

Keine Geheimnisse, Benutzernamen oder Variablen. Sie bleibt auf diesem Rechner, bis Sie sie senden.</translation>
    </message>
    <message>
      <source>It is started again by itself; jobs go on where they were.</source>
      <translation>Er wird von selbst neu gestartet; Aufträge gehen weiter, wo sie waren.</translation>
    </message>
    <message>
      <source>It joins the one that is named under Settings, Connection.</source>
      <translation>Er tritt der bei, die unter Einstellungen, Verbindung steht.</translation>
    </message>
    <message>
      <source>It tells you when a job fails or needs you, and nothing else. Settings, Notifications changes that.</source>
      <translation>Er meldet sich, wenn ein Auftrag fehlschlägt oder Sie braucht, und sonst nicht. Das ändern Sie unter Einstellungen, Benachrichtigungen.</translation>
    </message>
    <message>
      <source>It was done</source>
      <translation>Es wurde getan</translation>
    </message>
    <message numerus="yes">
      <source>It works; {count} things could be better</source>
      <translation>
        <numerusform>Es geht; {count} Sache könnte besser sein</numerusform>
        <numerusform>Es geht; {count} Dinge könnten besser sein</numerusform>
      </translation>
    </message>
    <message>
      <source>Its &amp;logs</source>
      <translation>Sein P&amp;rotokoll</translation>
    </message>
    <message>
      <source>Its variables:</source>
      <translation>Seine Variablen:</translation>
    </message>
    <message>
      <source>JSON files (*.json);;All files (*)</source>
      <translation>JSON-Dateien (*.json);;Alle Dateien (*)</translation>
    </message>
    <message>
      <source>Job</source>
      <translation>Auftrag</translation>
    </message>
    <message>
      <source>Job &amp;history</source>
      <translation>&amp;Verlauf der Aufträge</translation>
    </message>
    <message>
      <source>Job history</source>
      <translation>Verlauf der Aufträge</translation>
    </message>
    <message>
      <source>Job timeout</source>
      <translation>Zeitgrenze eines Auftrags</translation>
    </message>
    <message>
      <source>Jobs</source>
      <translation>Aufträge</translation>
    </message>
    <message>
      <source>Jobs and settings stay. The robot is away for a moment.</source>
      <translation>Aufträge und Einstellungen bleiben. Der Roboter ist einen Augenblick weg.</translation>
    </message>
    <message>
      <source>Jobs from the network</source>
      <translation>Aufträge aus dem Netz</translation>
    </message>
    <message>
      <source>Jobs of this desk</source>
      <translation>Aufträge dieses Arbeitsplatzes</translation>
    </message>
    <message>
      <source>Jobs that are done</source>
      <translation>Fertige Aufträge</translation>
    </message>
    <message>
      <source>Jobs that may wait; more are refused.</source>
      <translation>Aufträge, die warten dürfen; weitere werden abgelehnt.</translation>
    </message>
    <message>
      <source>Jobs that run at once.</source>
      <translation>Aufträge, die zugleich laufen.</translation>
    </message>
    <message>
      <source>Keep awake</source>
      <translation>Wach halten</translation>
    </message>
    <message>
      <source>Keep each job's state, so that it goes on after a crash.</source>
      <translation>Den Stand jedes Auftrags aufheben, damit er nach einem Absturz weitergeht.</translation>
    </message>
    <message>
      <source>Keep it</source>
      <translation>Behalten</translation>
    </message>
    <message>
      <source>Keep job history for</source>
      <translation>Verlauf aufheben für</translation>
    </message>
    <message>
      <source>Keep logs for</source>
      <translation>Protokoll aufheben für</translation>
    </message>
    <message>
      <source>Keep the machine awake while a job runs.</source>
      <translation>Den Rechner wach halten, solange ein Auftrag läuft.</translation>
    </message>
    <message>
      <source>Key by which the orchestrator knows this robot; `enroll` keeps it.</source>
      <translation>Schlüssel, an dem der Orchestrator diesen Roboter erkennt; `enroll` bewahrt ihn auf.</translation>
    </message>
    <message>
      <source>Key of that endpoint</source>
      <translation>Schlüssel dieses Endpunkts</translation>
    </message>
    <message>
      <source>Key of that endpoint; empty: it needs none.</source>
      <translation>Schlüssel dieses Endpunkts; leer: er braucht keinen.</translation>
    </message>
    <message>
      <source>Language</source>
      <translation>Sprache</translation>
    </message>
    <message>
      <source>Language of the tray after its next start; empty: that of the system.</source>
      <translation>Sprache nach dem nächsten Start; leer: die des Systems.</translation>
    </message>
    <message>
      <source>Last day</source>
      <translation>Letzter Tag</translation>
    </message>
    <message>
      <source>Last job</source>
      <translation>Letzter Auftrag</translation>
    </message>
    <message>
      <source>Least severe level</source>
      <translation>Niedrigste Stufe</translation>
    </message>
    <message>
      <source>Least severe lines to log.</source>
      <translation>Niedrigste Stufe, die protokolliert wird.</translation>
    </message>
    <message>
      <source>Leave it as it is</source>
      <translation>Lassen, wie es ist</translation>
    </message>
    <message>
      <source>Let a standby take over on purpose, and see how long it takes</source>
      <translation>Einen Ersatz absichtlich übernehmen lassen und sehen, wie lange es dauert</translation>
    </message>
    <message>
      <source>Let it fail</source>
      <translation>Fehlschlagen lassen</translation>
    </message>
    <message>
      <source>Let it run</source>
      <translation>Laufen lassen</translation>
    </message>
    <message>
      <source>Level</source>
      <translation>Stufe</translation>
    </message>
    <message>
      <source>Lines of JSON (*.jsonl);;All files (*)</source>
      <translation>JSON-Zeilen (*.jsonl);;Alle Dateien (*)</translation>
    </message>
    <message>
      <source>Lines of the log</source>
      <translation>Zeilen des Protokolls</translation>
    </message>
    <message>
      <source>Local</source>
      <translation>Lokal</translation>
    </message>
    <message>
      <source>Local policy</source>
      <translation>Lokale Regeln</translation>
    </message>
    <message>
      <source>Local: this robot works for this desk only.</source>
      <translation>Lokal: dieser Roboter arbeitet nur für diesen Arbeitsplatz.</translation>
    </message>
    <message>
      <source>Log files are deleted after this.</source>
      <translation>Protokolldateien werden danach gelöscht.</translation>
    </message>
    <message>
      <source>Log level</source>
      <translation>Protokollstufe</translation>
    </message>
    <message>
      <source>Logs</source>
      <translation>Protokoll</translation>
    </message>
    <message>
      <source>Logs and storage</source>
      <translation>Protokoll und Speicher</translation>
    </message>
    <message>
      <source>Logs: {path}</source>
      <translation>Protokoll: {path}</translation>
    </message>
    <message>
      <source>Longest wait between attempts to reconnect.</source>
      <translation>Längste Pause zwischen zwei Verbindungsversuchen.</translation>
    </message>
    <message>
      <source>Looking for the robot</source>
      <translation>Der Roboter wird gesucht</translation>
    </message>
    <message>
      <source>MIT licence. Qt for Python is used under the LGPL.</source>
      <translation>MIT-Lizenz. Qt for Python wird unter der LGPL verwendet.</translation>
    </message>
    <message>
      <source>Machine</source>
      <translation>Rechner</translation>
    </message>
    <message>
      <source>Max concurrent jobs</source>
      <translation>Aufträge zugleich</translation>
    </message>
    <message>
      <source>Max download bytes</source>
      <translation>Größter Download</translation>
    </message>
    <message>
      <source>Max reconnect delay</source>
      <translation>Längste Verbindungspause</translation>
    </message>
    <message>
      <source>Max unpacked bytes</source>
      <translation>Größter entpackter Inhalt</translation>
    </message>
    <message>
      <source>Max unpacked files</source>
      <translation>Meiste entpackte Dateien</translation>
    </message>
    <message>
      <source>Max waiting jobs</source>
      <translation>Wartende Aufträge</translation>
    </message>
    <message>
      <source>Members</source>
      <translation>Mitglieder</translation>
    </message>
    <message>
      <source>Menu</source>
      <translation>Menü</translation>
    </message>
    <message>
      <source>Metrics port</source>
      <translation>Port für Messwerte</translation>
    </message>
    <message>
      <source>Missed runs: each made up for</source>
      <translation>Verpasste Läufe: alle nachholen</translation>
    </message>
    <message>
      <source>Missed runs: made up for once</source>
      <translation>Verpasste Läufe: einmal nachholen</translation>
    </message>
    <message>
      <source>Missed runs: skipped</source>
      <translation>Verpasste Läufe: auslassen</translation>
    </message>
    <message>
      <source>Model that chooses who answers</source>
      <translation>Modell, das auswählt, wer antwortet</translation>
    </message>
    <message>
      <source>N&amp;ext page</source>
      <translation>Nä&amp;chste Seite</translation>
    </message>
    <message>
      <source>Na&amp;me of this robot</source>
      <translation>Na&amp;me dieses Roboters</translation>
    </message>
    <message>
      <source>Name in workflows</source>
      <translation>Name in Workflows</translation>
    </message>
    <message>
      <source>Name of that model.</source>
      <translation>Name dieses Modells.</translation>
    </message>
    <message>
      <source>Name of this robot</source>
      <translation>Name dieses Roboters</translation>
    </message>
    <message>
      <source>Name shown to people; empty: the machine's.</source>
      <translation>Name für Menschen; leer: der des Rechners.</translation>
    </message>
    <message numerus="yes">
      <source>Need you ({count})</source>
      <translation>
        <numerusform>Braucht Sie</numerusform>
        <numerusform>Brauchen Sie ({count})</numerusform>
      </translation>
    </message>
    <message>
      <source>Newer versions: off: nobody looks; offer: they are fetched, and a person has them installed; install: they are, when the robot is idle.</source>
      <translation>Neuere Versionen: off: niemand sieht nach; offer: sie werden geholt, und ein Mensch lässt sie installieren; install: das geschieht, sobald nichts läuft.</translation>
    </message>
    <message>
      <source>No job begins until then. What runs goes on.</source>
      <translation>Bis dahin beginnt kein Auftrag. Was läuft, läuft weiter.</translation>
    </message>
    <message>
      <source>No job ended</source>
      <translation>Kein Auftrag wurde beendet</translation>
    </message>
    <message>
      <source>No job had to wait</source>
      <translation>Kein Auftrag musste warten</translation>
    </message>
    <message>
      <source>No job has run here yet</source>
      <translation>Hier lief noch kein Auftrag</translation>
    </message>
    <message>
      <source>No job matches</source>
      <translation>Kein Auftrag passt dazu</translation>
    </message>
    <message>
      <source>No line matches</source>
      <translation>Keine Zeile passt dazu</translation>
    </message>
    <message>
      <source>No line yet</source>
      <translation>Noch keine Zeile</translation>
    </message>
    <message>
      <source>No node has run yet.</source>
      <translation>Noch ist kein Knoten gelaufen.</translation>
    </message>
    <message>
      <source>No progress after</source>
      <translation>Kein Fortschritt nach</translation>
    </message>
    <message>
      <source>No workflow at hand?</source>
      <translation>Kein Ablauf zur Hand?</translation>
    </message>
    <message>
      <source>No workflow starts by itself.</source>
      <translation>Kein Workflow startet von selbst.</translation>
    </message>
    <message>
      <source>Nobody is active: no job of the group runs</source>
      <translation>Niemand ist aktiv: kein Auftrag der Gruppe läuft</translation>
    </message>
    <message>
      <source>Nobody knows whether a step was done. Say what became of it.</source>
      <translation>Niemand weiß, ob ein Schritt getan wurde. Sagen Sie, was daraus wurde.</translation>
    </message>
    <message>
      <source>Nobody leads at the moment: whoever first sees a failure does.</source>
      <translation>Niemand führt im Augenblick: es führt, wer einen Ausfall zuerst sieht.</translation>
    </message>
    <message>
      <source>Nobody was signed in.</source>
      <translation>Niemand wurde angemeldet.</translation>
    </message>
    <message>
      <source>Node timeout</source>
      <translation>Zeitgrenze eines Knotens</translation>
    </message>
    <message>
      <source>Nothing was measured</source>
      <translation>Nichts wurde gemessen</translation>
    </message>
    <message>
      <source>Notifications</source>
      <translation>Benachrichtigungen</translation>
    </message>
    <message>
      <source>Now</source>
      <translation>Jetzt</translation>
    </message>
    <message>
      <source>OAuth client's file</source>
      <translation>Datei des OAuth-Clients</translation>
    </message>
    <message>
      <source>OK</source>
      <translation>OK</translation>
    </message>
    <message>
      <source>Of a schedule, while the robot was away</source>
      <translation>Eines Zeitplans, während der Roboter weg war</translation>
    </message>
    <message>
      <source>Oldest log files are deleted beyond this.</source>
      <translation>Darüber hinaus werden die ältesten Protokolldateien gelöscht.</translation>
    </message>
    <message>
      <source>Open Casare Robot</source>
      <translation>Casare Robot öffnen</translation>
    </message>
    <message>
      <source>Open a &amp;file…</source>
      <translation>&amp;Datei öffnen…</translation>
    </message>
    <message>
      <source>Open an invitation</source>
      <translation>Eine Einladung öffnen</translation>
    </message>
    <message>
      <source>Open the &amp;page</source>
      <translation>&amp;Seite öffnen</translation>
    </message>
    <message>
      <source>Open this page on any device within {span}, and enter the code:</source>
      <translation>Öffnen Sie innerhalb von {span} auf irgendeinem Gerät diese Seite und geben Sie den Code ein:</translation>
    </message>
    <message>
      <source>OpenAI-compatible endpoint whose language model chooses which robot of a group answers, as in https://host/v1; empty: the built-in judge chooses.</source>
      <translation>OpenAI-kompatibler Endpunkt, dessen Sprachmodell auswählt, welcher Roboter einer Gruppe antwortet, etwa https://host/v1; leer: der eingebaute Richter wählt.</translation>
    </message>
    <message>
      <source>Orchestrator</source>
      <translation>Orchestrator</translation>
    </message>
    <message>
      <source>Page {number} of {all}</source>
      <translation>Seite {number} von {all}</translation>
    </message>
    <message>
      <source>Pages</source>
      <translation>Seiten</translation>
    </message>
    <message>
      <source>Pause</source>
      <translation>Pause</translation>
    </message>
    <message>
      <source>Picture</source>
      <translation>Bild</translation>
    </message>
    <message>
      <source>Picture {path}</source>
      <translation>Bild {path}</translation>
    </message>
    <message>
      <source>Port on this machine for Prometheus; 0: none.</source>
      <translation>Port auf diesem Rechner für Prometheus; 0: keiner.</translation>
    </message>
    <message>
      <source>Profile</source>
      <translation>Profil</translation>
    </message>
    <message>
      <source>Progress of {job}</source>
      <translation>Fortschritt von {job}</translation>
    </message>
    <message>
      <source>Promote</source>
      <translation>Aktiv machen</translation>
    </message>
    <message>
      <source>Promote {robot}</source>
      <translation>{robot} aktiv machen</translation>
    </message>
    <message>
      <source>Public Ed25519 keys, in base64, of those who may sign that feed.</source>
      <translation>Öffentliche Ed25519-Schlüssel, in Base64, derer, die diese Quelle unterschreiben dürfen.</translation>
    </message>
    <message>
      <source>Publishable (or anon) key of the Supabase project.</source>
      <translation>Öffentlicher (publishable oder anon) Schlüssel des Supabase-Projekts.</translation>
    </message>
    <message>
      <source>Question</source>
      <translation>Frage</translation>
    </message>
    <message>
      <source>Queue</source>
      <translation>Warteschlange</translation>
    </message>
    <message>
      <source>Quiet hours</source>
      <translation>Ruhezeiten</translation>
    </message>
    <message>
      <source>R&amp;esume</source>
      <translation>&amp;Fortsetzen</translation>
    </message>
    <message>
      <source>Ran</source>
      <translation>Ausgeführt</translation>
    </message>
    <message>
      <source>Readable folders</source>
      <translation>Lesbare Ordner</translation>
    </message>
    <message>
      <source>Reconnect backoff factor</source>
      <translation>Faktor der Verbindungspausen</translation>
    </message>
    <message>
      <source>Reconnect delay</source>
      <translation>Erste Verbindungspause</translation>
    </message>
    <message>
      <source>Reconnect now</source>
      <translation>Jetzt neu verbinden</translation>
    </message>
    <message>
      <source>Reconnecting</source>
      <translation>Wird neu verbunden</translation>
    </message>
    <message>
      <source>Remote policy</source>
      <translation>Regeln für das Netz</translation>
    </message>
    <message>
      <source>Remove it</source>
      <translation>Entfernen</translation>
    </message>
    <message>
      <source>Remove {name}</source>
      <translation>{name} entfernen</translation>
    </message>
    <message>
      <source>Remove {name}?</source>
      <translation>{name} entfernen?</translation>
    </message>
    <message>
      <source>Remove…</source>
      <translation>Entfernen…</translation>
    </message>
    <message>
      <source>Repeat this step, then go on</source>
      <translation>Diesen Schritt wiederholen, dann weitermachen</translation>
    </message>
    <message>
      <source>Resume (paused until {time})</source>
      <translation>Fortsetzen (Pause bis {time})</translation>
    </message>
    <message>
      <source>Resume ({state})</source>
      <translation>Fortsetzen ({state})</translation>
    </message>
    <message>
      <source>Robot ID</source>
      <translation>Roboter-ID</translation>
    </message>
    <message>
      <source>Robot name</source>
      <translation>Name des Roboters</translation>
    </message>
    <message>
      <source>Robot: {name} ({id})</source>
      <translation>Roboter: {name} ({id})</translation>
    </message>
    <message>
      <source>Role in the group</source>
      <translation>Rolle in der Gruppe</translation>
    </message>
    <message>
      <source>Run a workflow</source>
      <translation>Ablauf ausführen</translation>
    </message>
    <message>
      <source>Run a workflow…</source>
      <translation>Ablauf ausführen…</translation>
    </message>
    <message>
      <source>Run again</source>
      <translation>Noch einmal ausführen</translation>
    </message>
    <message>
      <source>Run it from its start</source>
      <translation>Von Anfang an ausführen</translation>
    </message>
    <message>
      <source>Run it from its start, with the changed file</source>
      <translation>Von Anfang an ausführen, mit der geänderten Datei</translation>
    </message>
    <message>
      <source>Runs CasareRPA workflows and never loses a job.</source>
      <translation>Führt CasareRPA-Abläufe aus und verliert nie einen Auftrag.</translation>
    </message>
    <message>
      <source>S&amp;tart the robot</source>
      <translation>Roboter &amp;starten</translation>
    </message>
    <message>
      <source>Save a diagnosis?</source>
      <translation>Eine Diagnose speichern?</translation>
    </message>
    <message>
      <source>Save diagnosis</source>
      <translation>Diagnose speichern</translation>
    </message>
    <message>
      <source>Save diagnosis…</source>
      <translation>Diagnose speichern…</translation>
    </message>
    <message>
      <source>Saved, and in force.</source>
      <translation>Gespeichert und in Kraft.</translation>
    </message>
    <message>
      <source>Saved. The robot reads it when it starts.</source>
      <translation>Gespeichert. Der Roboter liest es beim Start.</translation>
    </message>
    <message>
      <source>Saved. These hold after a restart: {names}</source>
      <translation>Gespeichert. Nach einem Neustart gelten: {names}</translation>
    </message>
    <message>
      <source>Save…</source>
      <translation>Speichern…</translation>
    </message>
    <message>
      <source>Search</source>
      <translation>Suchen</translation>
    </message>
    <message>
      <source>Search (Ctrl+F)</source>
      <translation>Suchen (Strg+F)</translation>
    </message>
    <message>
      <source>Search in the list</source>
      <translation>In der Liste suchen</translation>
    </message>
    <message>
      <source>Search name, id, error (Ctrl+F)</source>
      <translation>Name, Kennung, Fehler suchen (Strg+F)</translation>
    </message>
    <message>
      <source>Security</source>
      <translation>Sicherheit</translation>
    </message>
    <message>
      <source>Set by your administrator, in {file}.</source>
      <translation>Von Ihrer Verwaltung gesetzt, in {file}.</translation>
    </message>
    <message>
      <source>Set up Casare Robot</source>
      <translation>Casare Robot einrichten</translation>
    </message>
    <message>
      <source>Set up…</source>
      <translation>Einrichten…</translation>
    </message>
    <message>
      <source>Settings</source>
      <translation>Einstellungen</translation>
    </message>
    <message>
      <source>Settings: {path}</source>
      <translation>Einstellungen: {path}</translation>
    </message>
    <message>
      <source>Settings…</source>
      <translation>Einstellungen…</translation>
    </message>
    <message>
      <source>Several are separated by ;</source>
      <translation>Mehrere werden durch ; getrennt</translation>
    </message>
    <message>
      <source>Shared store</source>
      <translation>Gemeinsamer Speicher</translation>
    </message>
    <message>
      <source>Sheets: read and write</source>
      <translation>Tabellen: lesen und schreiben</translation>
    </message>
    <message>
      <source>Show &amp;details</source>
      <translation>&amp;Einzelheiten zeigen</translation>
    </message>
    <message>
      <source>Show the job</source>
      <translation>Auftrag zeigen</translation>
    </message>
    <message>
      <source>Sign in</source>
      <translation>Anmelden</translation>
    </message>
    <message>
      <source>Signed in; workflows find the account as {name}.</source>
      <translation>Angemeldet; Workflows finden das Konto als {name}.</translation>
    </message>
    <message>
      <source>Since</source>
      <translation>Seit</translation>
    </message>
    <message>
      <source>Size of all logs</source>
      <translation>Größe aller Protokolle</translation>
    </message>
    <message>
      <source>Start at &amp;login, hidden in the tray</source>
      <translation>Bei der An&amp;meldung starten, verborgen in der Leiste</translation>
    </message>
    <message>
      <source>Start now</source>
      <translation>Jetzt starten</translation>
    </message>
    <message>
      <source>Start the robot</source>
      <translation>Roboter starten</translation>
    </message>
    <message>
      <source>Starts by itself</source>
      <translation>Startet von selbst</translation>
    </message>
    <message>
      <source>Starts by itself…</source>
      <translation>Startet von selbst…</translation>
    </message>
    <message>
      <source>Status</source>
      <translation>Status</translation>
    </message>
    <message>
      <source>Stay</source>
      <translation>Bleiben</translation>
    </message>
    <message>
      <source>Step {node} ({kind}) was begun in turn {turn}, and nobody knows whether it was done.</source>
      <translation>Schritt {node} ({kind}) wurde im Durchlauf {turn} begonnen, und niemand weiß, ob er getan wurde.</translation>
    </message>
    <message>
      <source>Step {node} ({kind}) was begun, and nobody knows whether it was done.</source>
      <translation>Schritt {node} ({kind}) wurde begonnen, und niemand weiß, ob er getan wurde.</translation>
    </message>
    <message>
      <source>Step {number} of {all}</source>
      <translation>Schritt {number} von {all}</translation>
    </message>
    <message>
      <source>Stopped</source>
      <translation>Angehalten</translation>
    </message>
    <message>
      <source>Supabase key</source>
      <translation>Supabase-Schlüssel</translation>
    </message>
    <message>
      <source>Supabase project</source>
      <translation>Supabase-Projekt</translation>
    </message>
    <message>
      <source>Switch off</source>
      <translation>Ausschalten</translation>
    </message>
    <message>
      <source>Switch on</source>
      <translation>Einschalten</translation>
    </message>
    <message>
      <source>Table</source>
      <translation>Tabelle</translation>
    </message>
    <message>
      <source>Table (*.csv);;JSON (*.json)</source>
      <translation>Tabelle (*.csv);;JSON (*.json)</translation>
    </message>
    <message>
      <source>Tags</source>
      <translation>Merkmale</translation>
    </message>
    <message>
      <source>Test</source>
      <translation>Prüfen</translation>
    </message>
    <message>
      <source>Test the connection</source>
      <translation>Die Verbindung prüfen</translation>
    </message>
    <message>
      <source>That did not work</source>
      <translation>Das hat nicht geklappt</translation>
    </message>
    <message>
      <source>The OAuth client's file</source>
      <translation>Die Datei des OAuth-Clients</translation>
    </message>
    <message>
      <source>The colour</source>
      <translation>Die Farbe</translation>
    </message>
    <message>
      <source>The members were looked at</source>
      <translation>Die Mitglieder wurden angesehen</translation>
    </message>
    <message>
      <source>The members were told</source>
      <translation>Die Mitglieder wissen es</translation>
    </message>
    <message>
      <source>The new value; it is kept where only you can read it.</source>
      <translation>Der neue Wert; er wird aufbewahrt, wo nur Sie ihn lesen können.</translation>
    </message>
    <message>
      <source>The next job is about to begin.</source>
      <translation>Der nächste Auftrag beginnt gleich.</translation>
    </message>
    <message>
      <source>The robot cannot be reached.</source>
      <translation>Der Roboter ist nicht zu erreichen.</translation>
    </message>
    <message>
      <source>The robot cannot be reached; this is how the group was.</source>
      <translation>Der Roboter ist nicht zu erreichen; so war die Gruppe.</translation>
    </message>
    <message>
      <source>The robot cannot be reached; try again in a moment.</source>
      <translation>Der Roboter ist nicht zu erreichen; versuchen Sie es gleich noch einmal.</translation>
    </message>
    <message>
      <source>The robot is being started.</source>
      <translation>Der Roboter wird gestartet.</translation>
    </message>
    <message>
      <source>The robot is signed in nowhere.</source>
      <translation>Der Roboter ist nirgends angemeldet.</translation>
    </message>
    <message>
      <source>The robot lives in the tray. Its icon says how it is, its menu does the rest.</source>
      <translation>Der Roboter wohnt in der Leiste. Sein Symbol sagt, wie es steht, sein Menü tut den Rest.</translation>
    </message>
    <message>
      <source>The robot may use</source>
      <translation>Der Roboter darf</translation>
    </message>
    <message>
      <source>The robot was stopped. Jobs that were unfinished go on when it is started.</source>
      <translation>Der Roboter wurde angehalten. Unfertige Aufträge gehen weiter, wenn er gestartet wird.</translation>
    </message>
    <message>
      <source>The roles were changed</source>
      <translation>Die Rollen wurden getauscht</translation>
    </message>
    <message>
      <source>The same workflow, as a new job.</source>
      <translation>Derselbe Ablauf, als neuer Auftrag.</translation>
    </message>
    <message>
      <source>The whole line</source>
      <translation>Die ganze Zeile</translation>
    </message>
    <message>
      <source>The workflow wrote nothing.</source>
      <translation>Der Ablauf hat nichts ausgegeben.</translation>
    </message>
    <message>
      <source>There are no variables.</source>
      <translation>Es gibt keine Variablen.</translation>
    </message>
    <message>
      <source>There is nothing to do: no job waits.</source>
      <translation>Es gibt nichts zu tun: kein Auftrag wartet.</translation>
    </message>
    <message>
      <source>There was none.</source>
      <translation>Es gab keine.</translation>
    </message>
    <message>
      <source>This robot is in no group.</source>
      <translation>Dieser Roboter ist in keiner Gruppe.</translation>
    </message>
    <message>
      <source>This robot runs CasareRPA workflows. It never loses a job: what was begun goes on after a crash, a restart or a power cut.</source>
      <translation>Dieser Roboter führt CasareRPA-Abläufe aus. Er verliert nie einen Auftrag: was begonnen wurde, geht nach einem Absturz, Neustart oder Stromausfall weiter.</translation>
    </message>
    <message>
      <source>Time</source>
      <translation>Zeit</translation>
    </message>
    <message>
      <source>Time between signs of life to the orchestrator.</source>
      <translation>Zeit zwischen zwei Lebenszeichen an den Orchestrator.</translation>
    </message>
    <message>
      <source>Time line</source>
      <translation>Zeitverlauf</translation>
    </message>
    <message>
      <source>Took</source>
      <translation>Dauerte</translation>
    </message>
    <message>
      <source>Treat this step as failed</source>
      <translation>Diesen Schritt als fehlgeschlagen behandeln</translation>
    </message>
    <message>
      <source>Try an &amp;example</source>
      <translation>Ein &amp;Beispiel versuchen</translation>
    </message>
    <message>
      <source>Unique id of this robot, as its orchestrator knows it; empty: none yet.</source>
      <translation>Eindeutige Kennung dieses Roboters beim Orchestrator; leer: noch keine.</translation>
    </message>
    <message>
      <source>Until</source>
      <translation>Bis</translation>
    </message>
    <message>
      <source>Until I resume</source>
      <translation>Bis ich fortsetze</translation>
    </message>
    <message>
      <source>Until a time…</source>
      <translation>Bis zu einer Zeit…</translation>
    </message>
    <message>
      <source>Until tomorrow {time}</source>
      <translation>Bis morgen {time}</translation>
    </message>
    <message>
      <source>Update feed</source>
      <translation>Quelle neuerer Versionen</translation>
    </message>
    <message>
      <source>Update keys</source>
      <translation>Schlüssel dieser Quelle</translation>
    </message>
    <message>
      <source>Updates</source>
      <translation>Neuere Versionen</translation>
    </message>
    <message>
      <source>Variables at the end</source>
      <translation>Variablen am Ende</translation>
    </message>
    <message>
      <source>Version of the running robot: {version}</source>
      <translation>Version des laufenden Roboters: {version}</translation>
    </message>
    <message>
      <source>Version {version} is installed when the robot is idle</source>
      <translation>Version {version} wird installiert, sobald nichts läuft</translation>
    </message>
    <message>
      <source>Version: {version}</source>
      <translation>Version: {version}</translation>
    </message>
    <message>
      <source>View logs</source>
      <translation>Protokoll ansehen</translation>
    </message>
    <message>
      <source>Wait before the first attempt to reconnect.</source>
      <translation>Pause vor dem ersten neuen Verbindungsversuch.</translation>
    </message>
    <message>
      <source>Wait for somebody to ask</source>
      <translation>Warten, bis jemand gefragt werden kann</translation>
    </message>
    <message>
      <source>Waiting</source>
      <translation>Wartet</translation>
    </message>
    <message>
      <source>Warning</source>
      <translation>Warnung</translation>
    </message>
    <message>
      <source>Welcome</source>
      <translation>Willkommen</translation>
    </message>
    <message>
      <source>What becomes of missed runs</source>
      <translation>Was aus verpassten Läufen wird</translation>
    </message>
    <message>
      <source>What happened</source>
      <translation>Was geschah</translation>
    </message>
    <message>
      <source>What it is there when it is new: one that works, or one that stands by.</source>
      <translation>Was er dort ist, wenn er neu ist: einer, der arbeitet, oder einer, der bereitsteht.</translation>
    </message>
    <message>
      <source>What jobs from the network may touch.</source>
      <translation>Was Aufträge aus dem Netz anfassen dürfen.</translation>
    </message>
    <message>
      <source>What jobs of the person at the desk may touch.</source>
      <translation>Was Aufträge des Menschen am Arbeitsplatz anfassen dürfen.</translation>
    </message>
    <message>
      <source>What needs it works no more until a new one is given.</source>
      <translation>Was ihn braucht, geht nicht mehr, bis ein neuer gegeben wird.</translation>
    </message>
    <message>
      <source>What needs you</source>
      <translation>Was Sie braucht</translation>
    </message>
    <message>
      <source>What robots share: sqlite:FILE, on a local disk, postgresql://... or redis://...; empty: a file beside the robot's home, once it is in a group.</source>
      <translation>Was Roboter gemeinsam haben: sqlite:DATEI auf einer lokalen Platte, postgresql://... oder redis://...; leer: eine Datei neben den Daten des Roboters, sobald er in einer Gruppe ist.</translation>
    </message>
    <message>
      <source>What the tray tells without being asked.</source>
      <translation>Was ungefragt gemeldet wird.</translation>
    </message>
    <message>
      <source>What the workflow wrote</source>
      <translation>Was der Ablauf ausgegeben hat</translation>
    </message>
    <message>
      <source>What this robot can do, for jobs that ask for it.</source>
      <translation>Was dieser Roboter kann, für Aufträge, die danach fragen.</translation>
    </message>
    <message>
      <source>What was done before is not done again.</source>
      <translation>Was vorher getan wurde, wird nicht noch einmal getan.</translation>
    </message>
    <message>
      <source>What went wrong</source>
      <translation>Was schiefging</translation>
    </message>
    <message>
      <source>When does it start?</source>
      <translation>Wann startet er?</translation>
    </message>
    <message>
      <source>When jobs may begin, in local time, as in Mon-Fri 08:00-18:00, Sat 09:00-12:00; empty: always.</source>
      <translation>Wann Aufträge beginnen dürfen, in Ortszeit, wie Mon-Fri 08:00-18:00, Sat 09:00-12:00; leer: immer.</translation>
    </message>
    <message>
      <source>When the tray tells nothing by itself, in local time, as in Mon-Sun 20:00-07:00; empty: never.</source>
      <translation>Wann nichts von selbst gemeldet wird, in Ortszeit, wie Mon-Sun 20:00-07:00; leer: nie.</translation>
    </message>
    <message>
      <source>Where newer versions are offered; empty: as the installation says, if it does.</source>
      <translation>Wo neuere Versionen angeboten werden; leer: wie es die Installation sagt, wenn sie es tut.</translation>
    </message>
    <message>
      <source>Which of the orchestrator's environments this robot works for.</source>
      <translation>Für welche Umgebung des Orchestrators dieser Roboter arbeitet.</translation>
    </message>
    <message>
      <source>Which workflow is to start by itself?</source>
      <translation>Welcher Workflow soll von selbst starten?</translation>
    </message>
    <message>
      <source>With the file as it is now: {path}</source>
      <translation>Mit der Datei, wie sie jetzt ist: {path}</translation>
    </message>
    <message>
      <source>Workflow file</source>
      <translation>Ablaufdatei</translation>
    </message>
    <message>
      <source>Workflow files by name, as NAME=FILE: what it runs when asked about that topic (* for any), and what jobs of the group mean that name one; relative: from the settings.</source>
      <translation>Workflow-Dateien mit Namen, als NAME=DATEI: was er ausführt, wenn er zu diesem Thema gefragt wird (* für jedes), und was Aufträge der Gruppe meinen, die einen Namen nennen; relativ: von den Einstellungen aus.</translation>
    </message>
    <message>
      <source>Workflows (*.json);;All files (*)</source>
      <translation>Abläufe (*.json);;Alle Dateien (*)</translation>
    </message>
    <message>
      <source>Workflows of the group</source>
      <translation>Workflows der Gruppe</translation>
    </message>
    <message>
      <source>Working hours</source>
      <translation>Arbeitszeiten</translation>
    </message>
    <message>
      <source>Working memory</source>
      <translation>Arbeitsspeicher der Gruppe</translation>
    </message>
    <message>
      <source>Writable folders</source>
      <translation>Beschreibbare Ordner</translation>
    </message>
    <message>
      <source>Yes</source>
      <translation>Ja</translation>
    </message>
    <message>
      <source>Your administrator gave you an address and a code that works once.</source>
      <translation>Ihre Verwaltung hat Ihnen eine Adresse gegeben und einen Code, der einmal gilt.</translation>
    </message>
    <message>
      <source>about {span} left</source>
      <translation>noch etwa {span}</translation>
    </message>
    <message>
      <source>active</source>
      <translation>aktiv</translation>
    </message>
    <message>
      <source>all in step</source>
      <translation>alle auf gleichem Stand</translation>
    </message>
    <message numerus="yes">
      <source>and {count} more</source>
      <translation>
        <numerusform>und {count} weiterer</numerusform>
        <numerusform>und {count} weitere</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <source>and {count} other jobs</source>
      <translation>
        <numerusform>und {count} anderer Auftrag</numerusform>
        <numerusform>und {count} andere Aufträge</numerusform>
      </translation>
    </message>
    <message>
      <source>assigned</source>
      <translation>zugeteilt</translation>
    </message>
    <message>
      <source>at node {node}{kind}{key}</source>
      <translation>bei Knoten {node}{kind}{key}</translation>
    </message>
    <message>
      <source>bad</source>
      <translation>schlecht</translation>
    </message>
    <message>
      <source>behind with the memory</source>
      <translation>mit dem Speicher zurück</translation>
    </message>
    <message>
      <source>by hand</source>
      <translation>von Hand</translation>
    </message>
    <message>
      <source>by the clock</source>
      <translation>nach der Uhr</translation>
    </message>
    <message>
      <source>bytes</source>
      <translation>Bytes</translation>
    </message>
    <message>
      <source>cancelled</source>
      <translation>abgebrochen</translation>
    </message>
    <message>
      <source>closes in {span}</source>
      <translation>schließt in {span}</translation>
    </message>
    <message>
      <source>comes back as passive when it joins again</source>
      <translation>kommt als Ersatz zurück, wenn er wieder beitritt</translation>
    </message>
    <message>
      <source>could be better</source>
      <translation>könnte besser sein</translation>
    </message>
    <message>
      <source>days</source>
      <translation>Tage</translation>
    </message>
    <message>
      <source>did not</source>
      <translation>nicht gelungen</translation>
    </message>
    <message>
      <source>disconnected</source>
      <translation>getrennt</translation>
    </message>
    <message>
      <source>done</source>
      <translation>fertig</translation>
    </message>
    <message>
      <source>error</source>
      <translation>Fehler</translation>
    </message>
    <message>
      <source>executing</source>
      <translation>arbeitet</translation>
    </message>
    <message>
      <source>failed</source>
      <translation>fehlgeschlagen</translation>
    </message>
    <message>
      <source>finishing, begins nothing new</source>
      <translation>macht fertig, beginnt nichts Neues</translation>
    </message>
    <message>
      <source>first_workflow.json</source>
      <translation>erster_ablauf.json</translation>
    </message>
    <message>
      <source>from {source}</source>
      <translation>aus {source}</translation>
    </message>
    <message>
      <source>good</source>
      <translation>in Ordnung</translation>
    </message>
    <message>
      <source>has no process of its own</source>
      <translation>hat keinen eigenen Prozess</translation>
    </message>
    <message>
      <source>healthy</source>
      <translation>gesund</translation>
    </message>
    <message>
      <source>idle</source>
      <translation>bereit</translation>
    </message>
    <message>
      <source>is being cancelled</source>
      <translation>wird abgebrochen</translation>
    </message>
    <message>
      <source>it cannot be started: {error}</source>
      <translation>er kann nicht gestartet werden: {error}</translation>
    </message>
    <message>
      <source>it ended with code {code}</source>
      <translation>er endete mit Code {code}</translation>
    </message>
    <message>
      <source>its group</source>
      <translation>seine Gruppe</translation>
    </message>
    <message>
      <source>job {id}</source>
      <translation>Auftrag {id}</translation>
    </message>
    <message>
      <source>job: {id}</source>
      <translation>Auftrag: {id}</translation>
    </message>
    <message>
      <source>joining</source>
      <translation>tritt bei</translation>
    </message>
    <message>
      <source>last {age} ago</source>
      <translation>zuletzt vor {age}</translation>
    </message>
    <message>
      <source>left out</source>
      <translation>ausgelassen</translation>
    </message>
    <message>
      <source>mean</source>
      <translation>Mittel</translation>
    </message>
    <message>
      <source>memory</source>
      <translation>Speicher</translation>
    </message>
    <message>
      <source>nearly full: the least used texts go first</source>
      <translation>fast voll: die am wenigsten gebrauchten Texte gehen zuerst</translation>
    </message>
    <message>
      <source>need you</source>
      <translation>brauchen Sie</translation>
    </message>
    <message>
      <source>needs you</source>
      <translation>braucht Sie</translation>
    </message>
    <message>
      <source>never started yet</source>
      <translation>noch nie gestartet</translation>
    </message>
    <message>
      <source>next run {time}</source>
      <translation>nächster Lauf {time}</translation>
    </message>
    <message>
      <source>no further run</source>
      <translation>kein weiterer Lauf</translation>
    </message>
    <message>
      <source>no limit</source>
      <translation>keine Grenze</translation>
    </message>
    <message>
      <source>no progress for {span}</source>
      <translation>kein Fortschritt seit {span}</translation>
    </message>
    <message>
      <source>no sign of life</source>
      <translation>kein Lebenszeichen</translation>
    </message>
    <message>
      <source>none</source>
      <translation>keine</translation>
    </message>
    <message>
      <source>not all in step</source>
      <translation>nicht alle auf gleichem Stand</translation>
    </message>
    <message>
      <source>not set</source>
      <translation>nicht gesetzt</translation>
    </message>
    <message>
      <source>now</source>
      <translation>jetzt</translation>
    </message>
    <message>
      <source>of the last sign-in, if this is empty</source>
      <translation>wenn leer, die der letzten Anmeldung</translation>
    </message>
    <message>
      <source>orchestrator</source>
      <translation>Orchestrator</translation>
    </message>
    <message>
      <source>passive</source>
      <translation>Ersatz</translation>
    </message>
    <message>
      <source>paused</source>
      <translation>Pause</translation>
    </message>
    <message>
      <source>processor</source>
      <translation>Prozessor</translation>
    </message>
    <message>
      <source>reconnecting</source>
      <translation>wird neu verbunden</translation>
    </message>
    <message>
      <source>retired</source>
      <translation>ausgeschieden</translation>
    </message>
    <message>
      <source>running</source>
      <translation>laufend</translation>
    </message>
    <message>
      <source>runs</source>
      <translation>läuft</translation>
    </message>
    <message>
      <source>s</source>
      <translation>s</translation>
    </message>
    <message>
      <source>seen {age} ago</source>
      <translation>vor {age} gesehen</translation>
    </message>
    <message>
      <source>set here</source>
      <translation>hier gesetzt</translation>
    </message>
    <message>
      <source>since {time}</source>
      <translation>seit {time}</translation>
    </message>
    <message>
      <source>starting</source>
      <translation>startet</translation>
    </message>
    <message>
      <source>starts in {span}</source>
      <translation>beginnt in {span}</translation>
    </message>
    <message>
      <source>stopping</source>
      <translation>hält an</translation>
    </message>
    <message>
      <source>switched off</source>
      <translation>ausgeschaltet</translation>
    </message>
    <message>
      <source>the tray failed: {error}; see the logs</source>
      <translation>das Programm in der Leiste hat versagt: {error}; siehe Protokoll</translation>
    </message>
    <message>
      <source>this desk</source>
      <translation>dieser Arbeitsplatz</translation>
    </message>
    <message>
      <source>timed out</source>
      <translation>abgelaufen</translation>
    </message>
    <message>
      <source>times</source>
      <translation>mal</translation>
    </message>
    <message>
      <source>tomorrow {time}</source>
      <translation>morgen {time}</translation>
    </message>
    <message>
      <source>tries again in {span}</source>
      <translation>versucht es wieder in {span}</translation>
    </message>
    <message>
      <source>until {time}</source>
      <translation>bis {time}</translation>
    </message>
    <message>
      <source>usually {span}</source>
      <translation>sonst {span}</translation>
    </message>
    <message>
      <source>waiting</source>
      <translation>wartend</translation>
    </message>
    <message>
      <source>waits</source>
      <translation>wartet</translation>
    </message>
    <message>
      <source>waits for you</source>
      <translation>wartet auf Sie</translation>
    </message>
    <message>
      <source>waits for you: {title}</source>
      <translation>wartet auf Sie: {title}</translation>
    </message>
    <message>
      <source>waits for {span}</source>
      <translation>wartet seit {span}</translation>
    </message>
    <message>
      <source>went well</source>
      <translation>gelungen</translation>
    </message>
    <message>
      <source>when a feed has news</source>
      <translation>bei Neuem in einem Feed</translation>
    </message>
    <message>
      <source>when a file changes</source>
      <translation>wenn sich eine Datei ändert</translation>
    </message>
    <message>
      <source>when a job ends</source>
      <translation>wenn ein Auftrag endet</translation>
    </message>
    <message>
      <source>when a job fails</source>
      <translation>wenn ein Auftrag scheitert</translation>
    </message>
    <message>
      <source>when a mail comes</source>
      <translation>wenn eine Mail kommt</translation>
    </message>
    <message>
      <source>when a server tells something</source>
      <translation>wenn ein Server etwas meldet</translation>
    </message>
    <message>
      <source>when it is called by name</source>
      <translation>wenn er beim Namen gerufen wird</translation>
    </message>
    <message>
      <source>when its address is called</source>
      <translation>wenn seine Adresse aufgerufen wird</translation>
    </message>
    <message>
      <source>when its form is sent</source>
      <translation>wenn sein Formular abgeschickt wird</translation>
    </message>
    <message>
      <source>when somebody writes</source>
      <translation>wenn jemand schreibt</translation>
    </message>
    <message>
      <source>when somebody writes on Telegram</source>
      <translation>wenn jemand auf Telegram schreibt</translation>
    </message>
    <message>
      <source>when somebody writes on WhatsApp</source>
      <translation>wenn jemand auf WhatsApp schreibt</translation>
    </message>
    <message>
      <source>yesterday {time}</source>
      <translation>gestern {time}</translation>
    </message>
    <message>
      <source>{choice}: {step}</source>
      <translation>{choice}: {step}</translation>
    </message>
    <message>
      <source>{choice}: {step} of {job}</source>
      <translation>{choice}: {step} von {job}</translation>
    </message>
    <message numerus="yes">
      <source>{count} active</source>
      <translation>
        <numerusform>{count} aktiv</numerusform>
        <numerusform>{count} aktiv</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <source>{count} are in trouble</source>
      <translation>
        <numerusform>{count} ist gestört</numerusform>
        <numerusform>{count} sind gestört</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <source>{count} jobs</source>
      <translation>
        <numerusform>{count} Auftrag</numerusform>
        <numerusform>{count} Aufträge</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <source>{count} jobs are done</source>
      <translation>
        <numerusform>{count} Auftrag ist fertig</numerusform>
        <numerusform>{count} Aufträge sind fertig</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <source>{count} jobs are open; those at that robot go on at another.</source>
      <translation>
        <numerusform>{count} Auftrag ist offen; liegt er bei diesem Roboter, geht er bei einem anderen weiter.</numerusform>
        <numerusform>{count} Aufträge sind offen; die bei diesem Roboter gehen bei einem anderen weiter.</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <source>{count} jobs are running: </source>
      <translation>
        <numerusform>{count} Auftrag läuft: </numerusform>
        <numerusform>{count} Aufträge laufen: </numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <source>{count} jobs failed</source>
      <translation>
        <numerusform>{count} Auftrag ist fehlgeschlagen</numerusform>
        <numerusform>{count} Aufträge sind fehlgeschlagen</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <source>{count} jobs need you</source>
      <translation>
        <numerusform>{count} Auftrag braucht Sie</numerusform>
        <numerusform>{count} Aufträge brauchen Sie</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <source>{count} jobs wait</source>
      <translation>
        <numerusform>{count} Auftrag wartet</numerusform>
        <numerusform>{count} Aufträge warten</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <source>{count} jobs waited at most</source>
      <translation>
        <numerusform>höchstens {count} Auftrag wartete</numerusform>
        <numerusform>höchstens {count} Aufträge warteten</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <source>{count} jobs went on</source>
      <translation>
        <numerusform>{count} Auftrag ging weiter</numerusform>
        <numerusform>{count} Aufträge gingen weiter</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <source>{count} jobs went well</source>
      <translation>
        <numerusform>{count} Auftrag gelang</numerusform>
        <numerusform>{count} Aufträge gelangen</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <source>{count} jobs were cancelled</source>
      <translation>
        <numerusform>{count} Auftrag wurde abgebrochen</numerusform>
        <numerusform>{count} Aufträge wurden abgebrochen</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <source>{count} lines</source>
      <translation>
        <numerusform>{count} Zeile</numerusform>
        <numerusform>{count} Zeilen</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <source>{count} members were behind.</source>
      <translation>
        <numerusform>{count} Mitglied war im Rückstand.</numerusform>
        <numerusform>{count} Mitglieder waren im Rückstand.</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <source>{count} more wait</source>
      <translation>
        <numerusform>{count} weiterer wartet</numerusform>
        <numerusform>{count} weitere warten</numerusform>
      </translation>
    </message>
    <message>
      <source>{count} ms</source>
      <translation>{count} ms</translation>
    </message>
    <message numerus="yes">
      <source>{count} nodes</source>
      <translation>
        <numerusform>{count} Knoten</numerusform>
        <numerusform>{count} Knoten</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <source>{count} nodes done</source>
      <translation>
        <numerusform>{count} Knoten fertig</numerusform>
        <numerusform>{count} Knoten fertig</numerusform>
      </translation>
    </message>
    <message>
      <source>{count} of {most} characters</source>
      <translation>{count} von {most} Zeichen</translation>
    </message>
    <message numerus="yes">
      <source>{count} skipped</source>
      <translation>
        <numerusform>{count} ausgelassen</numerusform>
        <numerusform>{count} ausgelassen</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <source>{count} stand by</source>
      <translation>
        <numerusform>{count} steht bereit</numerusform>
        <numerusform>{count} stehen bereit</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <source>{count} starts</source>
      <translation>
        <numerusform>{count} Start</numerusform>
        <numerusform>{count} Starts</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <source>{count} texts</source>
      <translation>
        <numerusform>{count} Text</numerusform>
        <numerusform>{count} Texte</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <source>{count} texts were new.</source>
      <translation>
        <numerusform>{count} Text war neu.</numerusform>
        <numerusform>{count} Texte waren neu.</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <source>{count} things keep the robot from working</source>
      <translation>
        <numerusform>{count} Sache hindert den Roboter an der Arbeit</numerusform>
        <numerusform>{count} Dinge hindern den Roboter an der Arbeit</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <source>{count} triggers are on</source>
      <translation>
        <numerusform>{count} Auslöser ist an</numerusform>
        <numerusform>{count} Auslöser sind an</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <source>{count} values are not right</source>
      <translation>
        <numerusform>{count} Wert ist nicht richtig</numerusform>
        <numerusform>{count} Werte sind nicht richtig</numerusform>
      </translation>
    </message>
    <message>
      <source>{count}, at {node}</source>
      <translation>{count}, bei {node}</translation>
    </message>
    <message>
      <source>{cpu:.0f} % of a core and {memory} at most</source>
      <translation>höchstens {cpu:.0f} % eines Kerns und {memory}</translation>
    </message>
    <message>
      <source>{days} d {hours} h</source>
      <translation>{days} T {hours} h</translation>
    </message>
    <message>
      <source>{done} of {all} nodes</source>
      <translation>{done} von {all} Knoten</translation>
    </message>
    <message>
      <source>{hours} h {minutes} min</source>
      <translation>{hours} h {minutes} min</translation>
    </message>
    <message>
      <source>{job} needs mouse and keyboard</source>
      <translation>{job} braucht Maus und Tastatur</translation>
    </message>
    <message>
      <source>{level} and worse</source>
      <translation>{level} und schlimmer</translation>
    </message>
    <message>
      <source>{line} since {time}</source>
      <translation>{line} seit {time}</translation>
    </message>
    <message>
      <source>{line} to {address}</source>
      <translation>{line} mit {address}</translation>
    </message>
    <message>
      <source>{minutes} min</source>
      <translation>{minutes} min</translation>
    </message>
    <message>
      <source>{name} failed</source>
      <translation>{name} ist fehlgeschlagen</translation>
    </message>
    <message>
      <source>{name} is done</source>
      <translation>{name} ist fertig</translation>
    </message>
    <message>
      <source>{name} is forgotten.</source>
      <translation>{name} ist vergessen.</translation>
    </message>
    <message>
      <source>{name} needs you</source>
      <translation>{name} braucht Sie</translation>
    </message>
    <message>
      <source>{name} was cancelled</source>
      <translation>{name} wurde abgebrochen</translation>
    </message>
    <message>
      <source>{new} became active</source>
      <translation>{new} wurde aktiv</translation>
    </message>
    <message>
      <source>{new} for {old}</source>
      <translation>{new} für {old}</translation>
    </message>
    <message>
      <source>{path} is no picture that can be shown.</source>
      <translation>{path} ist kein Bild, das gezeigt werden kann.</translation>
    </message>
    <message>
      <source>{robots} stood by</source>
      <translation>{robots} stand bereit</translation>
    </message>
    <message>
      <source>{robot} (this robot)</source>
      <translation>{robot} (dieser Roboter)</translation>
    </message>
    <message>
      <source>{robot} answered</source>
      <translation>{robot} hat geantwortet</translation>
    </message>
    <message>
      <source>{robot} did NOT answer</source>
      <translation>{robot} hat NICHT geantwortet</translation>
    </message>
    <message>
      <source>{robot} has taken over</source>
      <translation>{robot} hat übernommen</translation>
    </message>
    <message>
      <source>{robot} leads; its lease was renewed {age} ago.</source>
      <translation>{robot} führt; sein Anspruch wurde vor {age} erneuert.</translation>
    </message>
    <message>
      <source>{robot} led and fell silent {age} ago: whoever first sees a failure leads next.</source>
      <translation>{robot} führte und ist seit {age} still: als Nächster führt, wer zuerst einen Ausfall sieht.</translation>
    </message>
    <message>
      <source>{robot} took over, but does not answer</source>
      <translation>{robot} hat übernommen, antwortet aber nicht</translation>
    </message>
    <message>
      <source>{seconds:.1f} s</source>
      <translation>{seconds:.1f} s</translation>
    </message>
    <message>
      <source>{seconds} s</source>
      <translation>{seconds} s</translation>
    </message>
    <message>
      <source>{service} as {name}</source>
      <translation>{service} als {name}</translation>
    </message>
    <message>
      <source>{shown} of {all}</source>
      <translation>{shown} von {all}</translation>
    </message>
    <message>
      <source>{source} says this, and is stronger than what is set here.</source>
      <translation>{source} sagt dies und ist stärker als das, was hier gesetzt wird.</translation>
    </message>
    <message>
      <source>{span} at most</source>
      <translation>höchstens {span}</translation>
    </message>
    <message>
      <source>{standby} takes over from {active}, which stands by from then on.</source>
      <translation>{standby} übernimmt von {active}, der von da an bereitsteht.</translation>
    </message>
    <message>
      <source>{texts}, {tokens} of {most} tokens ({share})</source>
      <translation>{texts}, {tokens} von {most} Token ({share})</translation>
    </message>
    <message>
      <source>{text} until {time}</source>
      <translation>{text} bis {time}</translation>
    </message>
    <message>
      <source>{text}, with the changed file</source>
      <translation>{text}, mit der geänderten Datei</translation>
    </message>
    <message>
      <source>{title} is set</source>
      <translation>{title} ist gesetzt</translation>
    </message>
    <message>
      <source>{told}, {count} did not</source>
      <translation>{told}, {count} nicht</translation>
    </message>
  </context>
</TS>
