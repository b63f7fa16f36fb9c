//! The card is pulled out after every single command of every change: what was listed is listed
//! still, what is new is absent or whole, and doing it again completes it.

use super::*;

/// A line to a card that breaks after so many commands.
struct Cut<'a> {
    card: &'a mut Card,
    left: usize,
}

impl Channel for Cut<'_> {
    fn transmit(&mut self, command: &Command) -> Result<Response, ChannelError> {
        let Some(left) = self.left.checked_sub(1) else {
            return Err(ChannelError::Lost {
                reason: "pulled out".to_owned(),
            });
        };
        self.left = left;
        Channel::transmit(self.card, command)
    }
}

type Change = fn(&mut Application, &mut dyn Channel) -> Result<(), CardError>;
/// Whether the change is done, as the reopened card tells; panics if it is half done.
type IsDone = fn(&Application, &mut Card) -> bool;

/// Does the change with a cut after 0, 1, 2 … commands, until it passes.
fn cut_everywhere(layout: &Layout, kept: &[u8], change: Change, is_done: IsDone) {
    let whole = {
        let mut card = layout.card();
        change(&mut open(&mut card), &mut card).unwrap();
        number_of_files(&card)
    };
    for left in 0.. {
        assert!(left < 200, "the change does not end");
        let mut card = layout.card();
        let mut application = open(&mut card);
        let mut cut = Cut {
            card: &mut card,
            left,
        };
        let result = change(&mut application, &mut cut);
        let spent = cut.left == 0;
        let mut again = reopen(&mut card);
        assert_old_certificates(&again, &mut card, kept);
        let done = is_done(&again, &mut card);
        match result {
            Ok(()) => assert!(done),
            Err(error) => assert!(error.lost, "{error}"),
        }
        again.finish_interrupted(&mut card).unwrap();
        if !done {
            change(&mut again, &mut card).unwrap();
        }
        let last = reopen(&mut card);
        assert_eq!(last.defects(), [], "after {left} commands");
        assert_old_certificates(&last, &mut card, kept);
        assert!(is_done(&last, &mut card));
        // Whatever was replaced last may be left behind, unlisted: a directory, an object.
        assert!((whole..=whole + 2).contains(&number_of_files(&card)));
        if !spent {
            return;
        }
    }
}

fn number_of_files(card: &Card) -> usize {
    card.state().files.iter().count()
}

fn layouts() -> [Layout; 2] {
    [Layout::default(), Layout::tight()]
}

fn new_value() -> Vec<u8> {
    der(0xA1, 700)
}

fn has_new_certificate(application: &Application, card: &mut Card) -> bool {
    let listed: Vec<_> = application.certificates();
    let mut new = listed.iter().filter(|it| it.id == [0x11]);
    let Some(listed) = new.next() else {
        return false;
    };
    assert_eq!(new.next(), None);
    assert_eq!(
        application.read_certificate(card, listed).unwrap(),
        new_value()
    );
    true
}

#[test]
fn adding_a_certificate() {
    for layout in layouts() {
        let change: Change = |application, channel| {
            let (value, guard) = (new_value(), guard());
            application.add_certificate(channel, &certificate(&value, Some(&guard)))
        };
        cut_everywhere(&layout, &[1, 2, 3], change, has_new_certificate);
        let for_ever: Change = |application, channel| {
            application.add_certificate(channel, &certificate(&new_value(), None))
        };
        cut_everywhere(&layout, &[1, 2, 3], for_ever, has_new_certificate);
    }
}

#[test]
fn adding_a_key_pair() {
    for layout in layouts() {
        let change: Change =
            |application, channel| application.add_key_pair(channel, &pair(&rsa(), &guard()));
        cut_everywhere(&layout, &[1, 2, 3], change, |application, card| {
            for listed in application.public_keys() {
                assert_eq!(application.read_public_key(card, &listed).unwrap(), rsa());
            }
            assert!(application.public_keys().len() <= 1);
            let done = application.private_keys().len() == 1;
            assert!(!done || application.public_keys().len() == 1);
            done
        });
    }
}

#[test]
fn adding_data_and_a_pin() {
    for layout in layouts() {
        let change: Change =
            |application, channel| application.add_data(channel, &data(&[0x77; 600], &guard()));
        cut_everywhere(&layout, &[1, 2, 3], change, |application, card| {
            let listed = application.data_object("Encrypted PINs", None);
            let read = listed
                .as_ref()
                .map(|it| application.read_data(card, it).unwrap());
            assert!(read.is_none_or(|it| *it == [0x77; 600]));
            listed.is_some()
        });
        let change: Change = |application, channel| application.add_pin_entry(channel, &pin());
        cut_everywhere(&layout, &[1, 2, 3], change, |application, _| {
            application.guard(&[1]) == Some(guard())
        });
    }
}

#[test]
fn removing_a_certificate() {
    for layout in layouts() {
        let change: Change = |application, channel| {
            application
                .remove(channel, &old_certificate(2).0)
                .map(|_| ())
        };
        cut_everywhere(&layout, &[1, 3], change, |application, card| {
            let listed = application.certificate(&[2]);
            if listed.is_some() {
                assert_old_certificates(application, card, &[2]);
            }
            listed.is_none()
        });
        let last: Change = |application, channel| {
            application
                .remove(channel, &old_certificate(3).0)
                .map(|_| ())
        };
        cut_everywhere(&layout, &[1, 2], last, |application, _| {
            application.certificate(&[3]).is_none()
        });
    }
}

#[test]
fn replacing_a_certificate() {
    for layout in layouts() {
        let longer: Change = |application, channel| {
            let (value, guard) = (new_value(), guard());
            let new = certificate(&value, Some(&guard));
            let old = old_certificate(2).0;
            application
                .replace_certificate(channel, &old, &new)
                .map(|_| ())
        };
        cut_everywhere(&layout, &[1, 3], longer, |application, card| {
            let old = application.certificate(&[2]).is_some();
            let new = has_new_certificate(application, card);
            assert!(old != new);
            new
        });
        let alike: Change = |application, channel| {
            let value = new_value();
            let new = NewCertificate {
                id: &[0x11],
                label: "Certificate number 2",
                ..certificate(&value, None)
            };
            let old = old_certificate(2).0;
            application
                .replace_certificate(channel, &old, &new)
                .map(|_| ())
        };
        cut_everywhere(&layout, &[1, 3], alike, |application, card| {
            let old = application.certificate(&[2]).is_some();
            let new = has_new_certificate(application, card);
            assert!(old != new);
            new
        });
    }
}

#[test]
fn another_label_of_the_token() {
    const LABEL: &str = "A token with a label of a good length";
    for layout in layouts() {
        let change: Change =
            |application, channel| application.set_token_info(channel, Some(LABEL), None);
        cut_everywhere(&layout, &[1, 2, 3], change, |application, _| {
            let label = application.token_info().unwrap().label.clone().unwrap();
            assert!(label == LABEL || label == "Fleet card");
            label == LABEL
        });
    }
}
