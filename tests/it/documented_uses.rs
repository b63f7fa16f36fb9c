//! No false alarms: every documented use of the language, in words of our own, gives neither error
//! nor warning.

use perso::diagnostic::Severity;
use perso::rules::Page;

use crate::example::{Checked, check};

const HEADER: &str = "[Encoding]\nType=1024,Chip\nDevices=8711\n";

/// A profile that uses what descriptions hand over.
const PROFILE: &str = "\
CardModel 'SIEMENS50'
MasterFile
CreateEf EFUNIT id=0x4401 maxsize=40 read=always update=PIN1
Endfile
File Dynamic EFUNIT
data = Unit
Endfile
CreateFiles()
";

/// Rules that find an error or a warning in a description beside the profile `lab.cpf`.
fn findings(description: &str) -> Vec<&'static str> {
    let text = format!("# Files\n\n```dsc\n{description}\n```\n\n```cpf lab.cpf\n{PROFILE}```\n");
    let Checked { findings, .. } = check(&Page::new(&text).example("Files"), &[]);
    let heavy = findings
        .iter()
        .filter(|finding| finding.severity >= Severity::Warning);
    heavy.map(|finding| finding.rule).collect()
}

/// A description with these fields and this rest.
fn quiet(fields: &str, rest: &str) {
    let fields: String = fields.split(' ').map(|name| format!("{name}=\n")).collect();
    let text = format!("{HEADER}[Fields]\n{fields}[Description]\n{rest}");
    assert_eq!(findings(&text), [""; 0], "{text}");
}

#[test]
fn pins_are_set_and_changed() {
    quiet(
        "Admin",
        "PKCS11Library=m.dll\nSetPIN=true\nInitialPUK=Admin\n\
         PIN=!FROM_USER_DIALOG_2_FIELD_AUTO\nClearFields=Admin",
    );
    quiet(
        "Serial",
        "PKCS11Library=m.dll\niccsnfield=Serial\nSetPIN=true\nPIN=!FROM_USER_DIALOG_3_FIELD",
    );
}

#[test]
fn tokens_are_initialised_and_report_their_steps() {
    quiet(
        "Puk Pin Sig No Text All Done Serial",
        "PKCS11Library=m.dll\nInitToken=true\nInitialPUK=Puk\nInitialLabel=#Lab card\n\
         SetPIN=true\nPIN=Pin\nSignPIN=Sig\nApplicationList=KQ\niccsnfield=Serial\n\
         ExtendedErrorMode=APPLY_ON_APP_ERRORS_ONLY\nResponseStatusIdField=No\n\
         ResponseStatusTextField=Text\nEncodingStepsAllField=All\nEncodingStepsDoneField=Done\n\
         ClearFields=Puk,Pin,Sig\n[Application_K]\nKeySize=2048\nCertTempl=LabLogin\n\
         EncodingStep=Login\n[Application_Q]\nKeySize=2048\nCertTempl=LabQes\n\
         Location=#Signature\nEncodingStep=Sign",
    );
}

#[test]
fn personal_cards_are_made_with_a_profile() {
    quiet(
        "Apps Puk Op Pin CardNo Blob Secret Unit",
        "PKCS11LibraryWindows32=C:/Tools (x86)/personal.dll\nInitToken=true\n\
         ChipProfile=lab.cpf\nProfileParameters=Unit\nInitialPUK=Puk\nOperator_Pin=Op\n\
         OperatorPinIsSOCredential=#true\nPIN=Pin\nCMSCardSerialNumber=CardNo\n\
         ApplicationListField=Apps\nClearFields=Puk,Op,Pin,Secret\nUseSelectCriteriaIccsn=false\n\
         [Application_A]\nCardSerialNumberField=CardNo\nCertTempl=LabP10\n\
         ObjectCriteria=CKO_PUBLIC_KEY,CKA_LABEL,string,\"Login key\"\n\
         [Application_B]\nCardSerialNumberField=CardNo\nCertTempl=LabEnc\n\
         KeyArchivalRequest=true\nWriteP12Data=true\nCertificate=Blob\nP12PASSWORD=Secret",
    );
}

#[test]
fn encrypted_pins_are_read_and_profiles_deleted() {
    quiet(
        "A B C D E F G H",
        "PKCS11LibraryWindows32=personal.dll\n# all of them\nCardPinDecryption_Output_PIN1=A\n\
         CardPinDecryption_Output_PIN2=B\nCardPinDecryption_Output_PIN3=C\n\
         CardPinDecryption_Output_PUK=D\nCardPinDecryption_Output_PUK1=E\n\
         CardPinDecryption_Output_PUK2=F\nCardPinDecryption_Output_OP=G\n\
         CardPinDecryption_Output_MAN=H",
    );
    quiet(
        "Op",
        "PKCS11LibraryWindows32=personal.dll\nDeleteProfile=true\nOperator_Pin=Op",
    );
    quiet(
        "Serial",
        "PKCS11LibraryWindows32=personal.dll\nuseChipSerialAsIccsn=true\nICCSN=Serial",
    );
}

#[test]
fn certificates_go_to_every_slot() {
    quiet(
        "Pin Sig Slot",
        "PKCS11LibraryWindows32=personal.dll\nApplicationList=ABC\nPIN=Pin\nSignPIN=Sig\n\
         [Application_A]\nKeySize=2048\nCertTempl=a\n\
         [Application_B]\nKeySize=2048\nCertTempl=b\nLocation=#signature\n\
         [Application_C]\nKeySize=2048\nCertTempl=c\nLocation=Slot",
    );
    quiet(
        "Pin Cert List Back",
        "PKCS11Library=m.dll\nApplicationList=AB\nPIN=Pin\n\
         [Application_A]\nWriteCertificate=true\nCertificate=Cert\n\
         [Application_B]\nWriteCertKeyList=true\nCertKeyList=List\nCertKeyListReturnField=Back\n\
         CertKeyListMode=WRITE_ANY_BUT_MANDATORILY_THE_FIRST",
    );
}

#[test]
fn cards_are_found_blocked_and_given_data() {
    quiet(
        "Serials",
        "PKCS11Library=m.dll\nRetrieveAllTokens=true\nAllTokensIccsnsField=Serials\n\
         UseICCSNwithATR=true",
    );
    quiet(
        "Serial Blob Holder Pin",
        "PKCS11Library=m.dll\nUseSelectCriteriaIccsn=true\nSelectCriteriaIccsn=Serial\n\
         UseICCSNwithATR=true\nPIN=Pin\nApplicationList=DB\n\
         [Application_D]\nDataObject=Blob\nLabelExpressionDataObject=Badge of !{Holder}\n\
         AttributesDataObject=CKA_PRIVATE=TRUE,CKA_APPLICATION=\"LAB\",CKA_OBJECT_ID=1.3.6.1\n\
         [Application_B]\nBlockCard=true",
    );
}

/// The documentation shows constants here; that they are the same on every card is worth a word.
#[test]
fn an_unblock_with_constants_is_told_of_the_constants_alone() {
    let text = format!(
        "{HEADER}[Fields]\nSerial=\n[Description]\nPKCS11Library=m.dll\niccsnfield=Serial\n\
         SetPIN=true\nPIN=#123456\nInitialPUK=#12345678\nPUK=#87654321"
    );
    assert_eq!(findings(&text), ["hard-coded-credential"; 3]);
}

#[test]
fn a_magnetic_stripe_is_left_alone() {
    let text = "[Encoding]\nType=2,Stripe\nSubtype=1\n[Fields]\nTrack=\"000\" + F1\nF1=\n\
                [Description]\nApplicationlist=2\n[Application_2]\nTrack2=Track";
    let found = findings(text);
    assert!(!found.contains(&"preset-field-value"), "{found:?}");
    assert!(!found.contains(&"idle-application"), "{found:?}");
}
