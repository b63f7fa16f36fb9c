//! Encoding descriptions of any size, of the kind that authors write.

use std::fmt::Write as _;

/// About `bytes` of sections with a comment and eight properties each; no name comes twice, so that
/// readers which keep a map have to keep everything.
pub(crate) fn description(bytes: usize) -> String {
    let mut text = String::with_capacity(bytes + 512);
    text.push_str("[Encoding]\nType=1024,Chip\nDevices=8711\n\n");
    let mut number = 0;
    while text.len() < bytes {
        section(&mut text, number);
        number += 1;
    }
    text
}

fn section(text: &mut String, number: usize) {
    let _ = write!(
        text,
        "# the certificate of application {number}\n\
         [Application_{number}]\n\
         CertTempl=StaffLogin{number}\n\
         KeySize=3072\n\
         Location=#Signature\n\
         WriteP12Data=true\n\
         Certificate=P12CERTIFICATE_{number}\n\
         P12PASSWORD=P12PASSWORD_{number}\n\
         CardSerialNumberField=SERIAL_{number}\n\
         ObjectCriteria=CKO_PRIVATE_KEY,CKA_LABEL,string,\"Key {number}\"\n\
         \n"
    );
}
