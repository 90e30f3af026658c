/** Words by hand, many of them in no English list: what the validator's dictionaries do not hold shows here. */
const list = (text: string): string[] => text.trim().split(/\s+/);

export const companies = list(`
  acme initech umbrella globex hooli stark wayne contoso fabrikam northwind lilymedia bluefox nimbus quantum vertex
  brightpath redwood silverline openworks datahive cloudnine pixelforge greenleaf ironclad moonshot zenith altair
  polaris vega helios kestrel falcon osprey tidewater summit cascade evergreen lighthouse harborview stonebridge
  medisys finovate paylane shopwise truckster fleetly mealbox petpal travelio homely kubewise logstream snaplytics
  biogenix farmtech edulink legalist artisan muzika fotobox videon streamly podhub gamer88 betwise kryptonite`);

export const environments =
  list(`prod production staging stage dev development test testing local qa uat demo live sandbox
  preprod ci integration eu-west us-east cluster1 node2 master replica backup`);

export const purposes =
  list(`jwt-secret token-encryption webhook-signing api-signing encryption session-cookie oauth-client
  refresh-token access-token database-password admin-login partner-api payment-gateway media-upload email-verification
  password-reset csrf-protection file-encryption backup-encryption service-account internal-rpc signing-secret hmac-key
  aes-256 sha256-salt private-key shared-secret bearer-token license-key cookie-secret master-key`);

export const foreign = list(`
  geheimnis schluessel sicherheit passwort datenbank verschluesselung unternehmen sommer winterzeit gartenhaus
  kaffeetasse fahrrad strassenbahn buchhandlung regenschirm wolkenkratzer schmetterling erdbeere apfelkuchen
  contrasena seguridad llave secreto empresa produccion verano invierno mariposa ventana biblioteca cocodrilo
  esperanza corazon montana estrella caballo naranja zapatos ordenador motdepasse securite entreprise cle secrete
  chocolat papillon fenetre bibliotheque montagne etoile cheval oiseau ordinateur grenouille parapluie croissant
  salaisuus avain turvallisuus yritys kesa talvi perhonen ikkuna kirjasto vuori hevonen tietokone sateenvarjo
  wachtwoord sleutel beveiliging bedrijf vlinder bibliotheek berg paard computer fiets regenjas kaasboer stroopwafel
  haslo bezpieczenstwo klucz tajemnica firma motyl okno ksiazka gora gwiazda kon rower parasol pierogi
  segredo chave empresa borboleta janela biblioteca montanha estrela cavalo laranja sapatos computador saudade
  sakura himitsu kagi anzen kaisha natsu fuyu chouchou toshokan yama hoshi uma jitensha kasa ramune tsunami
  parola chiave sicurezza azienda farfalla finestra montagna stella cavallo arancia scarpe ombrello gelato
  losenord nyckel sakerhet foretag fjaril fonster bibliotek berg stjarna hast dator paraply smorgasbord`);

export const invented = list(`
  zorblax quimby frobnicator wibblefish gronkle snarfblat trelowarren miskatonic yggdrasil vorpal jabberwock
  bandersnatch mxyzptlk cthulhu rlyeh arrakis muaddib tatooine endor hogwarts hufflepuff mordor gondor rivendell
  khaleesi dothraki winterfell targaryen klingon romulan vulcan betazoid holodeck warpdrive fluxcapacitor tardis
  dalek gallifrey sonicscrewdriver pikachu bulbasaur charizard jigglypuff snorlax zelda ganondorf hyrule kokiri
  minecraft creeper enderman fortnite overwatch valorant dota midlaner teemo yasuo hunter2 correcthorse
  blurgle spanglywuff doodlebork chonker borkborger floofster snugglepants wigglebutt mrwhiskers princesspeach`);

export const names = list(`
  james mary john patricia robert jennifer michael linda david elizabeth william barbara richard susan joseph jessica
  thomas sarah charles karen christopher lisa daniel nancy matthew betty anthony sandra mark margaret donald ashley
  steven kimberly paul emily andrew donna joshua michelle kenneth carol kevin amanda brian melissa george deborah
  mohammed fatima wei mei hiroshi yuki ivan olga sergei natasha lars ingrid bjorn astrid matti aino pedro lucia
  priya rahul ananya arjun kwame amara chidi ngozi thabo zanele jorge camila diego valentina luca giulia hans greta
  smith johnson williams brown jones garcia miller davis rodriguez martinez hernandez lopez wilson anderson taylor
  moore jackson martin lee thompson white harris clark lewis robinson walker young allen king wright scott torres
  nguyen hill flores green adams nelson baker hall rivera campbell mitchell carter roberts virtanen korhonen
  mueller schmidt schneider fischer weber meyer rossi ferrari bianchi kowalski nowak ivanov petrov tanaka suzuki`);

export const sentences = `the quick brown fox jumps over the lazy dog
to be or not to be that is the question
all happy families are alike each unhappy family is unhappy in its own way
it was the best of times it was the worst of times
may the force be with you always young padawan
one ring to rule them all one ring to find them
i solemnly swear that i am up to no good
never gonna give you up never gonna let you down
we hold these truths to be self evident
ask not what your country can do for you
elementary my dear watson the game is afoot
in the beginning god created the heaven and the earth
four score and seven years ago our fathers brought forth
call me ishmael some years ago never mind how long
it is a truth universally acknowledged that a single man
do not go gentle into that good night
two roads diverged in a yellow wood and sorry i could not travel both
nobody will ever guess this very long secret key of ours
this key is only for the production server do not share it
please do not commit this secret to the git repository
our office is on the third floor next to the coffee machine
my cat likes to sleep on the warm keyboard all day
remember to rotate this key before the end of the year
i love my job but i hate choosing passwords every month
the cake is a lie and so is this encryption key
winter is coming and the servers are cold
houston we have a problem with the billing service
there is no place like localhost except for home
sphinx of black quartz judge my vow and pack my box
somewhere over the rainbow way up high there is a land
we all live in a yellow submarine under the sea
is this the real life is this just fantasy`
  .split('\n')
  .map((sentence) => sentence.split(' '));
