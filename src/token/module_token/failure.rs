//! What an answer of a PKCS#11 module means for the next run.

use crate::token::pkcs11::{Error, ReturnCode};
use crate::token::{Retry, TokenError};

/// The codes that mean that a PIN was counted, or that the token is not what it was.
const LOOK_FIRST: [ReturnCode; 8] = [
    ReturnCode::PIN_INCORRECT,
    ReturnCode::PIN_INVALID,
    ReturnCode::PIN_LEN_RANGE,
    ReturnCode::PIN_EXPIRED,
    ReturnCode::PIN_LOCKED,
    ReturnCode::DEVICE_REMOVED,
    ReturnCode::TOKEN_NOT_PRESENT,
    ReturnCode::TOKEN_WRITE_PROTECTED,
];

impl From<Error> for TokenError {
    fn from(error: Error) -> Self {
        let code = error.code();
        let retry = match code {
            Some(code) if !LOOK_FIRST.contains(&code) => Retry::Safe,
            _ => Retry::LookFirst,
        };
        let failed = Self::new(retry, error.to_string());
        match code {
            Some(ReturnCode::PIN_INCORRECT) => failed
                .cause("the job holds another credential than the token; it was tried once")
                .cause("the credential was entered with a line end or in another encoding"),
            Some(ReturnCode::PIN_LOCKED) => {
                failed.cause("too many wrong attempts before; the PUK can unblock a PIN")
            }
            Some(ReturnCode::SESSION_EXISTS) => {
                failed.cause("another program uses the token; close it")
            }
            Some(ReturnCode::DEVICE_REMOVED | ReturnCode::TOKEN_NOT_PRESENT) => {
                failed.cause("the card was taken out of the reader")
            }
            Some(ReturnCode::USER_NOT_LOGGED_IN) => {
                failed.cause("the middleware logs out after a signature")
            }
            _ => failed,
        }
    }
}
