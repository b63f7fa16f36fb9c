//! Sealed here, opened here: every way in which a container can be wrong.

use std::sync::LazyLock;

use getrandom::SysRng;
use proptest::prelude::*;

use super::*;
use crate::issuer::{DevCa, Issuer as _, Request};
use crate::pki::{
    Attribute, Certificate, CertificateRequest, Curve, DecryptError, Decryptors, DistinguishedName,
    KeyEncryption, KeyKind, KeyReference, OaepHash, PrivateKey, RsaPrivateKey, SoftwareKeys,
    UnixTime, Validity,
};
use crate::secret::Secret;

const NOW: UnixTime = UnixTime::from_seconds(1_700_000_000);

/// A key and its certificate by the development CA.
fn certified(kind: KeyKind) -> (PrivateKey, Certificate) {
    let mut ca = DevCa::new(&mut SysRng, Validity::days_from(NOW, 30), 10).unwrap();
    let mut key = PrivateKey::generate(kind, &mut SysRng).unwrap();
    let name = Attribute::CommonName("PIN encryption".to_owned());
    let subject = DistinguishedName::new([name]).unwrap();
    let request = Request {
        certificate_request: CertificateRequest::build(&subject, &mut key).unwrap(),
        name: "1-A.obtain".to_owned(),
        template: "User".to_owned(),
        now: NOW,
    };
    let certificate = ca.issue(&request).unwrap().certificate;
    (key, certificate)
}

struct Holder {
    key: RsaPrivateKey,
    certificate: Certificate,
}

impl Holder {
    fn new(bits: u32) -> Self {
        match certified(KeyKind::Rsa { bits }) {
            (PrivateKey::Rsa(key), certificate) => Self { key, certificate },
            (PrivateKey::Ec(_), _) => panic!("asked for RSA"),
        }
    }

    fn recipient(&self) -> Recipient {
        Recipient::new(&self.certificate).unwrap()
    }

    fn keys(&self) -> SoftwareKeys<SysRng> {
        SoftwareKeys::new(SysRng).with(self.key.clone(), Some(self.certificate.clone()))
    }
}

static ADA: LazyLock<Holder> = LazyLock::new(|| Holder::new(2048));
static BOB: LazyLock<Holder> = LazyLock::new(|| Holder::new(3072));

fn secret(text: &str) -> Secret {
    Secret::from(text.to_owned())
}

fn content() -> Content {
    CredentialName::ALL
        .into_iter()
        .fold(Content::new("Standard profile"), |content, name| {
            content.with(name, secret("83561947"))
        })
}

fn sealed(recipients: &[Recipient]) -> Vec<u8> {
    seal(&content(), recipients, &mut SysRng).unwrap()
}

fn opened() -> Opened {
    Opened {
        content: content(),
        is_authenticated: true,
    }
}

/// Knows one content key by heart: quick, for thousands of changed containers.
struct Memory {
    encrypted: Vec<u8>,
    content_key: Secret,
}

impl Memory {
    fn of(container: &[u8], holder: &Holder) -> Self {
        struct Tap<'a>(&'a mut SoftwareKeys<SysRng>, Option<Memory>);
        impl Decryptors for Tap<'_> {
            fn holds(&mut self, key: &KeyReference) -> Result<bool, DecryptError> {
                self.0.holds(key)
            }
            fn decrypt(
                &mut self,
                key: &KeyReference,
                scheme: KeyEncryption,
                encrypted: &[u8],
            ) -> Result<Secret, DecryptError> {
                let content_key = self.0.decrypt(key, scheme, encrypted)?;
                self.1 = Some(Memory {
                    encrypted: encrypted.to_vec(),
                    content_key: content_key.clone(),
                });
                Ok(content_key)
            }
        }
        let mut keys = holder.keys();
        let mut tap = Tap(&mut keys, None);
        open(container, &mut tap, Accept::default()).unwrap();
        tap.1.unwrap()
    }
}

impl Decryptors for Memory {
    fn holds(&mut self, _: &KeyReference) -> Result<bool, DecryptError> {
        Ok(true)
    }

    fn decrypt(
        &mut self,
        _: &KeyReference,
        _: KeyEncryption,
        encrypted: &[u8],
    ) -> Result<Secret, DecryptError> {
        if encrypted == self.encrypted {
            Ok(self.content_key.clone())
        } else {
            Err(DecryptError::Rejected)
        }
    }
}

#[test]
fn each_recipient_opens_it_alone() {
    let recipients = [
        ADA.recipient(),
        BOB.recipient().with_oaep_hash(OaepHash::Sha1),
    ];
    let container = sealed(&recipients);
    for holder in [&*ADA, &*BOB] {
        let read = open(&container, &mut holder.keys(), Accept::default());
        assert_eq!(read, Ok(opened()));
    }
}

#[test]
fn a_key_without_certificate_answers_to_its_own_identifier() {
    let mut keys = SoftwareKeys::new(SysRng).with(ADA.key.clone(), None);
    let read = open(&sealed(&[ADA.recipient()]), &mut keys, Accept::default());
    assert_eq!(read, Ok(opened()));
}

#[test]
fn no_container_is_like_another_but_all_are_as_long_as_announced() {
    let [once, twice] = [(); 2].map(|()| sealed(&[ADA.recipient()]));
    assert_ne!(once, twice);
    for recipients in [
        vec![ADA.recipient()],
        vec![ADA.recipient().with_oaep_hash(OaepHash::Sha1)],
        vec![BOB.recipient(), ADA.recipient()],
    ] {
        for length in [0, 8, 100, 114, 127, 128, 255, 256, 300, 1000] {
            let content = Content::new("P").with(CredentialName::Man, Secret::new(vec![0; length]));
            let size = sealed_size(&content.lengths(), &recipients).unwrap();
            let container = seal(&content, &recipients, &mut SysRng).unwrap();
            assert_eq!(container.len(), size, "{length}");
        }
    }
}

#[test]
fn documented_sizes() {
    let size = |recipient| sealed_size(&content().lengths(), &[recipient]);
    assert_eq!(size(ADA.recipient()), Ok(708));
    let sha1 = ADA.recipient().with_oaep_hash(OaepHash::Sha1);
    assert_eq!(size(sha1), Ok(661));
}

#[test]
fn an_unknown_key_is_named() {
    let identifier: String = ADA
        .certificate
        .key_identifier()
        .unwrap()
        .iter()
        .map(|byte| format!("{byte:02X}"))
        .collect();
    let read = open(
        &sealed(&[ADA.recipient()]),
        &mut BOB.keys(),
        Accept::default(),
    );
    assert_eq!(
        read.unwrap_err().to_string(),
        format!("no decryption key found matching #{identifier}")
    );
}

#[test]
fn what_cannot_be_sealed_is_refused() {
    let refused = seal(&content(), &[], &mut SysRng);
    assert_eq!(refused, Err(SealError::NoRecipients));

    let lengths = |length| ContentLengths {
        profile: length,
        credentials: [(CredentialName::Pin1, length)].into(),
    };
    for length in [MAX_LENGTH, usize::MAX / 2, usize::MAX] {
        let refused = sealed_size(&lengths(length), &[ADA.recipient()]);
        assert_eq!(refused, Err(SealError::TooLong));
    }
    let many = vec![ADA.recipient(); 300];
    let refused = seal(&content(), &many, &mut SysRng);
    assert_eq!(refused, Err(SealError::TooLong));
}

#[test]
fn unfit_certificates_are_refused() {
    let (_, curve) = certified(KeyKind::Ec(Curve::P256));
    let refused = Recipient::new(&curve).unwrap_err().to_string();
    assert!(refused.contains("P-256"), "{refused}");

    let short = Holder::new(1024);
    let refused = Recipient::new(&short.certificate);
    assert_eq!(refused, Err(RecipientError::TooShort { bits: 1024 }));
}

/// Every bit of what is encrypted and of its tag counts; elsewhere a flip may mean nothing (a
/// version number), but never gives other PINs.
#[test]
fn no_flipped_bit_gives_other_pins() {
    let container = sealed(&[ADA.recipient()]);
    let mut memory = Memory::of(&container, &ADA);
    let tag_at = container.len() - 16;
    let encrypted = tag_at - 2 - 256..container.len();
    for at in 0..container.len() {
        for bit in 0..8 {
            let mut changed = container.clone();
            changed[at] ^= 1 << bit;
            let read = open(&changed, &mut memory, Accept::default());
            let is_frame = (tag_at - 2..tag_at).contains(&at);
            if encrypted.contains(&at) && !is_frame {
                assert!(matches!(read, Err(OpenError::Changed { .. })), "byte {at}");
            }
            assert!(read.is_err() || read == Ok(opened()), "byte {at}");
        }
    }
}

#[test]
fn a_container_cut_short_or_made_longer_is_refused() {
    let container = sealed(&[ADA.recipient()]);
    let mut memory = Memory::of(&container, &ADA);
    for end in 0..container.len() {
        let read = open(&container[..end], &mut memory, Accept::default());
        assert_eq!(read, Err(OpenError::Structure), "{end}");
    }
    let longer = [container.as_slice(), &[0]].concat();
    let read = open(&longer, &mut memory, Accept::default());
    assert_eq!(read, Err(OpenError::Structure));

    let length = MAX_LENGTH + 1;
    let read = open(&vec![0x30; length], &mut memory, Accept::default());
    assert_eq!(read, Err(OpenError::TooLong { length }));
}

#[test]
fn nothing_shows_a_pin() {
    let shown = format!("{:?} {:?}", opened(), ADA.recipient());
    assert!(!shown.contains("83561947"), "{shown}");
}

proptest! {
    #[test]
    fn hostile_bytes_are_refused(bytes: Vec<u8>) {
        prop_assert!(open(&bytes, &mut ADA.keys(), Accept::default()).is_err());
    }

    /// Bytes overwritten, inserted and taken out in many places.
    #[test]
    fn hostile_changes_give_no_other_pins(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..3), 1..8)
    ) {
        static CONTAINER: LazyLock<Vec<u8>> = LazyLock::new(|| sealed(&[ADA.recipient()]));
        let mut changed = CONTAINER.clone();
        let mut memory = Memory::of(&CONTAINER, &ADA);
        for (index, byte, kind) in changes {
            let at = index.index(changed.len());
            match kind {
                0 => changed[at] = byte,
                1 => changed.insert(at, byte),
                _ => { changed.remove(at); }
            }
        }
        let accept = Accept { pkcs1v15: true };
        let read = open(&changed, &mut memory, accept);
        prop_assert!(read.is_err() || read == Ok(opened()));
    }
}
