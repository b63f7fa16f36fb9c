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

/// Functions that compare a PIN with the one of the token.
const TRY_A_PIN: [&str; 2] = ["C_Login", "C_SetPIN"];

/// What a token says of the PIN itself.
const ABOUT_THE_PIN: [ReturnCode; 6] = [
    ReturnCode::PIN_INCORRECT,
    ReturnCode::PIN_INVALID,
    ReturnCode::PIN_LEN_RANGE,
    ReturnCode::PIN_EXPIRED,
    ReturnCode::PIN_LOCKED,
    ReturnCode::PIN_TOO_WEAK,
];

/// The answers that a token gives before it looks at the PIN.
const BEFORE_THE_PIN: [ReturnCode; 12] = [
    ReturnCode::ARGUMENTS_BAD,
    ReturnCode::CRYPTOKI_NOT_INITIALIZED,
    ReturnCode::FUNCTION_NOT_SUPPORTED,
    ReturnCode::OPERATION_ACTIVE,
    ReturnCode::SESSION_HANDLE_INVALID,
    ReturnCode::SESSION_READ_ONLY,
    ReturnCode::SESSION_READ_ONLY_EXISTS,
    ReturnCode::TOKEN_WRITE_PROTECTED,
    ReturnCode::USER_ALREADY_LOGGED_IN,
    ReturnCode::USER_ANOTHER_ALREADY_LOGGED_IN,
    ReturnCode::USER_PIN_NOT_INITIALIZED,
    ReturnCode::USER_TYPE_INVALID,
];

/// Whether a PIN may have been counted, or changed, although the token does not say so.
fn may_have_counted(error: &Error) -> bool {
    match error {
        Error::Call { code, function } => {
            TRY_A_PIN.contains(&function.as_str())
                && !ABOUT_THE_PIN.contains(code)
                && !BEFORE_THE_PIN.contains(code)
        }
        _ => false,
    }
}

impl From<Error> for TokenError {
    fn from(error: Error) -> Self {
        let code = error.code();
        let undecided = may_have_counted(&error);
        let retry = match code {
            _ if undecided => Retry::LookFirst,
            Some(code) if !LOOK_FIRST.contains(&code) => Retry::Safe,
            _ => Retry::LookFirst,
        };
        let mut failed = Self::new(retry, error.to_string());
        if undecided {
            failed = failed
                .cause("the answer was lost: whether the token has taken the PIN is not known")
                .undecided();
        }
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
