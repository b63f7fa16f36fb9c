//! Return codes: their names, their numbers, and what they usually mean.

use std::fmt;

use cryptoki::error::RvError;

/// A value that a `C_` function returned (`CK_RV`).
///
/// It is 64 bits wide whatever the module's word size, and prints as `CKR_PIN_INCORRECT (0xA0)`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReturnCode(pub u64);

macro_rules! return_codes {
    ($($variant:ident = $name:ident $number:literal,)*) => {
        #[allow(missing_docs)] // The specification, section 5.1, says what each of them means.
        impl ReturnCode {
            $(pub const $name: Self = Self($number);)*

            /// The name in the specification, `CKR_PIN_INCORRECT`; `None` for codes of vendors.
            #[must_use]
            pub const fn name(self) -> Option<&'static str> {
                match self.0 {
                    $($number => Some(concat!("CKR_", stringify!($name))),)*
                    _ => None,
                }
            }
        }

        impl From<RvError> for ReturnCode {
            fn from(error: RvError) -> Self {
                match error {
                    $(RvError::$variant => Self::$name,)*
                    // As wide as the module's word, which is not 64 bits everywhere.
                    #[allow(clippy::useless_conversion)]
                    RvError::VendorDefined(number) | RvError::UnknownErrorCode(number) => {
                        Self(number.into())
                    }
                }
            }
        }
    };
}

return_codes! {
    Cancel = CANCEL 0x1,
    HostMemory = HOST_MEMORY 0x2,
    SlotIdInvalid = SLOT_ID_INVALID 0x3,
    GeneralError = GENERAL_ERROR 0x5,
    FunctionFailed = FUNCTION_FAILED 0x6,
    ArgumentsBad = ARGUMENTS_BAD 0x7,
    NoEvent = NO_EVENT 0x8,
    NeedToCreateThreads = NEED_TO_CREATE_THREADS 0x9,
    CantLock = CANT_LOCK 0xA,
    AttributeReadOnly = ATTRIBUTE_READ_ONLY 0x10,
    AttributeSensitive = ATTRIBUTE_SENSITIVE 0x11,
    AttributeTypeInvalid = ATTRIBUTE_TYPE_INVALID 0x12,
    AttributeValueInvalid = ATTRIBUTE_VALUE_INVALID 0x13,
    ActionProhibited = ACTION_PROHIBITED 0x1B,
    DataInvalid = DATA_INVALID 0x20,
    DataLenRange = DATA_LEN_RANGE 0x21,
    DeviceError = DEVICE_ERROR 0x30,
    DeviceMemory = DEVICE_MEMORY 0x31,
    DeviceRemoved = DEVICE_REMOVED 0x32,
    EncryptedDataInvalid = ENCRYPTED_DATA_INVALID 0x40,
    EncryptedDataLenRange = ENCRYPTED_DATA_LEN_RANGE 0x41,
    FunctionCanceled = FUNCTION_CANCELED 0x50,
    FunctionNotParallel = FUNCTION_NOT_PARALLEL 0x51,
    FunctionNotSupported = FUNCTION_NOT_SUPPORTED 0x54,
    KeyHandleInvalid = KEY_HANDLE_INVALID 0x60,
    KeySizeRange = KEY_SIZE_RANGE 0x62,
    KeyTypeInconsistent = KEY_TYPE_INCONSISTENT 0x63,
    KeyNotNeeded = KEY_NOT_NEEDED 0x64,
    KeyChanged = KEY_CHANGED 0x65,
    KeyNeeded = KEY_NEEDED 0x66,
    KeyIndigestible = KEY_INDIGESTIBLE 0x67,
    KeyFunctionNotPermitted = KEY_FUNCTION_NOT_PERMITTED 0x68,
    KeyNotWrappable = KEY_NOT_WRAPPABLE 0x69,
    KeyUnextractable = KEY_UNEXTRACTABLE 0x6A,
    MechanismInvalid = MECHANISM_INVALID 0x70,
    MechanismParamInvalid = MECHANISM_PARAM_INVALID 0x71,
    ObjectHandleInvalid = OBJECT_HANDLE_INVALID 0x82,
    OperationActive = OPERATION_ACTIVE 0x90,
    OperationNotInitialized = OPERATION_NOT_INITIALIZED 0x91,
    PinIncorrect = PIN_INCORRECT 0xA0,
    PinInvalid = PIN_INVALID 0xA1,
    PinLenRange = PIN_LEN_RANGE 0xA2,
    PinExpired = PIN_EXPIRED 0xA3,
    PinLocked = PIN_LOCKED 0xA4,
    SessionClosed = SESSION_CLOSED 0xB0,
    SessionCount = SESSION_COUNT 0xB1,
    SessionHandleInvalid = SESSION_HANDLE_INVALID 0xB3,
    SessionParallelNotSupported = SESSION_PARALLEL_NOT_SUPPORTED 0xB4,
    SessionReadOnly = SESSION_READ_ONLY 0xB5,
    SessionExists = SESSION_EXISTS 0xB6,
    SessionReadOnlyExists = SESSION_READ_ONLY_EXISTS 0xB7,
    SessionReadWriteSoExists = SESSION_READ_WRITE_SO_EXISTS 0xB8,
    SignatureInvalid = SIGNATURE_INVALID 0xC0,
    SignatureLenRange = SIGNATURE_LEN_RANGE 0xC1,
    TemplateIncomplete = TEMPLATE_INCOMPLETE 0xD0,
    TemplateInconsistent = TEMPLATE_INCONSISTENT 0xD1,
    TokenNotPresent = TOKEN_NOT_PRESENT 0xE0,
    TokenNotRecognized = TOKEN_NOT_RECOGNIZED 0xE1,
    TokenWriteProtected = TOKEN_WRITE_PROTECTED 0xE2,
    UnwrappingKeyHandleInvalid = UNWRAPPING_KEY_HANDLE_INVALID 0xF0,
    UnwrappingKeySizeRange = UNWRAPPING_KEY_SIZE_RANGE 0xF1,
    UnwrappingKeyTypeInconsistent = UNWRAPPING_KEY_TYPE_INCONSISTENT 0xF2,
    UserAlreadyLoggedIn = USER_ALREADY_LOGGED_IN 0x100,
    UserNotLoggedIn = USER_NOT_LOGGED_IN 0x101,
    UserPinNotInitialized = USER_PIN_NOT_INITIALIZED 0x102,
    UserTypeInvalid = USER_TYPE_INVALID 0x103,
    UserAnotherAlreadyLoggedIn = USER_ANOTHER_ALREADY_LOGGED_IN 0x104,
    UserTooManyTypes = USER_TOO_MANY_TYPES 0x105,
    WrappedKeyInvalid = WRAPPED_KEY_INVALID 0x110,
    WrappedKeyLenRange = WRAPPED_KEY_LEN_RANGE 0x112,
    WrappingKeyHandleInvalid = WRAPPING_KEY_HANDLE_INVALID 0x113,
    WrappingKeySizeRange = WRAPPING_KEY_SIZE_RANGE 0x114,
    WrappingKeyTypeInconsistent = WRAPPING_KEY_TYPE_INCONSISTENT 0x115,
    RandomSeedNotSupported = RANDOM_SEED_NOT_SUPPORTED 0x120,
    RandomNoRng = RANDOM_NO_RNG 0x121,
    DomainParamsInvalid = DOMAIN_PARAMS_INVALID 0x130,
    CurveNotSupported = CURVE_NOT_SUPPORTED 0x140,
    BufferTooSmall = BUFFER_TOO_SMALL 0x150,
    SavedStateInvalid = SAVED_STATE_INVALID 0x160,
    InformationSensitive = INFORMATION_SENSITIVE 0x170,
    StateUnsaveable = STATE_UNSAVEABLE 0x180,
    CryptokiNotInitialized = CRYPTOKI_NOT_INITIALIZED 0x190,
    CryptokiAlreadyInitialized = CRYPTOKI_ALREADY_INITIALIZED 0x191,
    MutexBad = MUTEX_BAD 0x1A0,
    MutexNotLocked = MUTEX_NOT_LOCKED 0x1A1,
    NewPinMode = NEW_PIN_MODE 0x1B0,
    NextOtp = NEXT_OTP 0x1B1,
    ExceededMaxIterations = EXCEEDED_MAX_ITERATIONS 0x1B5,
    FipsSelfTestFailed = FIPS_SELF_TEST_FAILED 0x1B6,
    LibraryLoadFailed = LIBRARY_LOAD_FAILED 0x1B7,
    PinTooWeak = PIN_TOO_WEAK 0x1B8,
    PublicKeyInvalid = PUBLIC_KEY_INVALID 0x1B9,
    FunctionRejected = FUNCTION_REJECTED 0x200,
}

impl fmt::Display for ReturnCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const VENDOR_DEFINED: u64 = 0x8000_0000;
        match self.name() {
            Some(name) => write!(f, "{name} (0x{:02X})", self.0),
            None if self.0 >= VENDOR_DEFINED => write!(f, "vendor's code 0x{:08X}", self.0),
            None => write!(f, "unknown code 0x{:02X}", self.0),
        }
    }
}

impl fmt::Debug for ReturnCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl ReturnCode {
    /// What the code means when `function` returns it, and what usually causes it; `None` where
    /// there is nothing to say beyond the name.
    #[must_use]
    pub fn explanation(self, function: &str) -> Option<&'static str> {
        if function == "C_InitToken"
            && let Some(explanation) = self.explanation_of_init_token()
        {
            return Some(explanation);
        }
        Some(match self {
            Self::PIN_INCORRECT => {
                "the PIN is wrong; the token has counted the attempt, and it is not repeated"
            }
            Self::PIN_LOCKED => {
                "the PIN is blocked after too many wrong attempts; a user PIN is unblocked by the \
                 security officer, a blocked SO PIN only by initialising the token"
            }
            Self::PIN_LEN_RANGE => "the PIN is too short or too long for this token",
            Self::PIN_INVALID => "the PIN has characters that this token does not allow",
            Self::PIN_TOO_WEAK => "the PIN is too simple for the rules of this token",
            Self::PIN_EXPIRED => "the PIN has expired and has to be changed first",
            Self::USER_PIN_NOT_INITIALIZED => {
                "the token has no user PIN yet: the security officer has to set one; an \
                 initialisation that was interrupted leaves a token like this"
            }
            Self::USER_NOT_LOGGED_IN => {
                "nobody is logged in who may do this: the token may have logged out by itself, or \
                 the operation belongs to the other role"
            }
            Self::USER_ALREADY_LOGGED_IN => "this role is logged in already",
            Self::USER_ANOTHER_ALREADY_LOGGED_IN => {
                "the other role is logged in; it has to log out first"
            }
            Self::SESSION_READ_ONLY_EXISTS => {
                "the security officer cannot log in while a read-only session is open; close other \
                 programs that use the token"
            }
            Self::SESSION_READ_ONLY => "the session may not write",
            Self::SESSION_COUNT => {
                "the token has no session left; close other programs that use it"
            }
            Self::SESSION_HANDLE_INVALID | Self::SESSION_CLOSED => {
                "the session is gone: the token was removed, or the module closed it"
            }
            Self::TOKEN_NOT_PRESENT => "there is no token in the slot",
            Self::TOKEN_NOT_RECOGNIZED => {
                "the module does not know this kind of card, or the card is not personalised"
            }
            Self::TOKEN_WRITE_PROTECTED => "the token is write-protected",
            Self::DEVICE_REMOVED => {
                "the token was removed while it was in use; what it wrote last is uncertain"
            }
            Self::DEVICE_ERROR => {
                "the token or its reader failed; whether it carried out the operation is uncertain"
            }
            Self::DEVICE_MEMORY => {
                "the token is full; a token in a file answers this also when another program holds \
                 its store"
            }
            Self::GENERAL_ERROR | Self::FUNCTION_FAILED => {
                "the module failed and does not say why; the token may be gone, or its store \
                 unreadable"
            }
            Self::MECHANISM_INVALID => "the token does not offer this mechanism",
            Self::MECHANISM_PARAM_INVALID => {
                "the token does not take these parameters of the mechanism"
            }
            Self::FUNCTION_NOT_SUPPORTED => "the module does not offer this function",
            Self::KEY_SIZE_RANGE => "the token does not take keys of this size",
            Self::CURVE_NOT_SUPPORTED | Self::DOMAIN_PARAMS_INVALID => {
                "the token does not offer this elliptic curve"
            }
            Self::ATTRIBUTE_VALUE_INVALID => {
                "the token does not take the value of an attribute, for instance an elliptic curve \
                 that it does not offer"
            }
            Self::ATTRIBUTE_TYPE_INVALID => "the token does not know one of the attributes",
            Self::ATTRIBUTE_READ_ONLY => "the token does not let this attribute be set",
            Self::ATTRIBUTE_SENSITIVE => "the token does not give this attribute away",
            Self::TEMPLATE_INCOMPLETE => "the token wants more attributes for this kind of object",
            Self::TEMPLATE_INCONSISTENT => {
                "the token does not take these attributes together, for instance a private key from \
                 outside"
            }
            Self::ACTION_PROHIBITED => {
                "the object may not be changed or deleted (CKA_MODIFIABLE, CKA_DESTROYABLE)"
            }
            Self::OBJECT_HANDLE_INVALID | Self::KEY_HANDLE_INVALID => {
                "the object is gone: it was deleted, or private objects vanished with a logout"
            }
            Self::KEY_FUNCTION_NOT_PERMITTED => "the key was made for another purpose",
            Self::SLOT_ID_INVALID => {
                "the slot is gone; slot numbers move when tokens are initialised or removed"
            }
            Self::CRYPTOKI_ALREADY_INITIALIZED => {
                "the module is in use in this process already; load it once"
            }
            Self::ARGUMENTS_BAD => {
                "the module refuses the arguments; some modules say this instead of `wrong PIN` or \
                 `session still open`"
            }
            _ => return None,
        })
    }

    const fn explanation_of_init_token(self) -> Option<&'static str> {
        match self {
            Self::PIN_INCORRECT => Some(
                "the SO PIN (PUK) is not the one on the token; the token has counted the attempt, \
                 and it is not repeated",
            ),
            Self::SESSION_EXISTS => {
                Some("a session with the token is still open; close other programs that use it")
            }
            Self::FUNCTION_NOT_SUPPORTED => Some(
                "the module cannot initialise tokens; the card's own software or a card profile has \
                 to do it",
            ),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn are_named_as_in_the_specification() {
        let shown = |code: ReturnCode| code.to_string();
        assert_eq!(
            shown(RvError::PinIncorrect.into()),
            "CKR_PIN_INCORRECT (0xA0)"
        );
        assert_eq!(shown(RvError::Cancel.into()), "CKR_CANCEL (0x01)");
        assert_eq!(
            shown(RvError::UnwrappingKeyTypeInconsistent.into()),
            "CKR_UNWRAPPING_KEY_TYPE_INCONSISTENT (0xF2)"
        );
        assert_eq!(
            shown(RvError::VendorDefined(0x8000_0042).into()),
            "vendor's code 0x80000042"
        );
        assert_eq!(
            shown(RvError::UnknownErrorCode(0x999).into()),
            "unknown code 0x999"
        );
    }

    #[test]
    fn mean_something_else_where_the_specification_says_so() {
        let explain = |function| ReturnCode::PIN_INCORRECT.explanation(function).unwrap();
        assert!(explain("C_InitToken").contains("PUK"));
        assert!(!explain("C_Login").contains("PUK"));
        assert_eq!(ReturnCode(0x999).explanation("C_Login"), None);
    }
}
