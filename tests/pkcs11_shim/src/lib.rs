//! A PKCS#11 module that goes wrong on demand.
//!
//! It stands between a program and a real module, hands every call through, writes it down, and at
//! one of them does what it is told. Only the functions of version 2.40 are there; a program that asks
//! for an interface of version 3 finds none. No argument is read but the kind of user at `C_Login`, so
//! no secret gets into the log.
//!
//! * `PKCS11_SHIM_MODULE`: the real module.
//! * `PKCS11_SHIM_LOG`: a file to which every call is added: `> C_Login 2 1` when it begins (function,
//!   how often it was called, kind of user), `< C_Login 2 0x0` when it returns.
//! * `PKCS11_SHIM_FAULT`: `FUNCTION NUMBER FAULT`, what happens at that call of the function:
//!   `error CODE` returns the code (hexadecimal) and calls nothing, `lost` calls and then returns
//!   CKR_DEVICE_ERROR, `delay MILLISECONDS` calls afterwards, `crash` aborts and `crash-after` aborts
//!   when the call is done, `hang` never returns.

#![allow(
    non_snake_case,
    reason = "the functions have the names of the specification"
)]

use std::ffi::{CString, c_char, c_int, c_void};
use std::fs::OpenOptions;
use std::io::Write as _;
use std::sync::{Mutex, OnceLock};
use std::time::Duration;

/// `CK_RV`. It, handles, counts and pointers are one machine word; smaller arguments come in the
/// lower part of one.
type Word = usize;

const CKR_OK: Word = 0x00;
const CKR_GENERAL_ERROR: Word = 0x05;
const CKR_DEVICE_ERROR: Word = 0x30;

/// Functions of version 2.40.
const COUNT: usize = 68;
/// The place of `C_GetFunctionList` among them.
const GET_FUNCTION_LIST: usize = 3;

/// `CK_FUNCTION_LIST`.
#[repr(C)]
pub struct FunctionList {
    version: [u8; 2],
    functions: [*const c_void; COUNT],
}

// SAFETY: the pointers are those of functions, which do not move.
unsafe impl Send for FunctionList {}
// SAFETY: nothing changes a list once it is made.
unsafe impl Sync for FunctionList {}

unsafe extern "C" {
    fn dlopen(path: *const c_char, flags: c_int) -> *mut c_void;
    fn dlsym(library: *mut c_void, name: *const c_char) -> *mut c_void;
}

/// `RTLD_NOW`
const NOW: c_int = 2;

/// The real module; `None` if it cannot be loaded.
fn real() -> Option<&'static FunctionList> {
    static REAL: OnceLock<Option<&'static FunctionList>> = OnceLock::new();
    *REAL.get_or_init(|| {
        let path = std::env::var("PKCS11_SHIM_MODULE").ok()?;
        let path = CString::new(path).ok()?;
        // SAFETY: both names end in NUL; the library is never closed, so its list stays.
        unsafe {
            let library = dlopen(path.as_ptr(), NOW);
            let entry = dlsym(library, c"C_GetFunctionList".as_ptr());
            if library.is_null() || entry.is_null() {
                return None;
            }
            let entry: unsafe extern "C" fn(*mut *const FunctionList) -> Word =
                std::mem::transmute(entry);
            let mut list = std::ptr::null();
            (entry(&raw mut list) == CKR_OK).then_some(())?;
            list.as_ref()
        }
    })
}

/// What goes wrong.
enum Fault {
    Error(Word),
    Lost,
    Delay(Duration),
    Crash,
    CrashAfter,
    Hang,
}

/// The fault that is due at this call.
fn fault(function: &str, number: usize) -> Option<Fault> {
    let told = std::env::var("PKCS11_SHIM_FAULT").ok()?;
    let mut words = told.split_whitespace();
    let here = words.next() == Some(function) && words.next()?.parse() == Ok(number);
    let fault = words.next().filter(|_| here)?;
    let argument = words.next().unwrap_or_default();
    Some(match fault {
        "error" => Fault::Error(
            usize::from_str_radix(argument.trim_start_matches("0x"), 16)
                .unwrap_or(CKR_GENERAL_ERROR),
        ),
        "lost" => Fault::Lost,
        "delay" => Fault::Delay(Duration::from_millis(argument.parse().unwrap_or(0))),
        "crash" => Fault::Crash,
        "crash-after" => Fault::CrashAfter,
        "hang" => Fault::Hang,
        _ => return None,
    })
}

fn log(line: &str) {
    let Ok(path) = std::env::var("PKCS11_SHIM_LOG") else {
        return;
    };
    if let Ok(mut file) = OpenOptions::new().create(true).append(true).open(path) {
        let _ = writeln!(file, "{line}");
    }
}

/// How often each function was called.
static CALLS: Mutex<[usize; COUNT]> = Mutex::new([0; COUNT]);

/// A call: written down, and gone wrong if it is its turn.
fn called(
    index: usize,
    function: &str,
    arguments: &[Word],
    forward: impl FnOnce() -> Word,
) -> Word {
    let number = match CALLS.lock() {
        Ok(mut calls) => {
            calls[index] += 1;
            calls[index]
        }
        Err(_) => return CKR_GENERAL_ERROR,
    };
    let user = arguments.get(1).filter(|_| function == "C_Login");
    let user = user.map_or_else(String::new, |user| format!(" {user}"));
    log(&format!("> {function} {number}{user}"));
    let code = match fault(function, number) {
        None => forward(),
        Some(Fault::Error(code)) => code,
        Some(Fault::Lost) => {
            forward();
            CKR_DEVICE_ERROR
        }
        Some(Fault::Delay(time)) => {
            std::thread::sleep(time);
            forward()
        }
        Some(Fault::Crash) => std::process::abort(),
        Some(Fault::CrashAfter) => {
            forward();
            std::process::abort()
        }
        Some(Fault::Hang) => loop {
            std::thread::sleep(Duration::from_secs(3600));
        },
    };
    log(&format!("< {function} {number} {code:#x}"));
    code
}

/// A function for each one of the module, by its place in the list, and the list of them.
macro_rules! functions {
    ($($index:literal $name:ident($($argument:ident),*);)*) => {
        $(
            unsafe extern "C" fn $name($($argument: Word),*) -> Word {
                called($index, stringify!($name), &[$($argument),*], || {
                    let Some(real) = real() else {
                        return CKR_GENERAL_ERROR;
                    };
                    let function = real.functions[$index];
                    if function.is_null() {
                        return CKR_GENERAL_ERROR;
                    }
                    // SAFETY: the function at this place of the list has this many arguments, all of
                    // them words, and they are those that the caller has given for it.
                    unsafe {
                        let function: unsafe extern "C" fn($(functions!(@word $argument)),*) -> Word =
                            std::mem::transmute(function);
                        function($($argument),*)
                    }
                })
            }
        )*

        static SHIM: FunctionList = FunctionList {
            version: [2, 40],
            functions: {
                let mut functions = [std::ptr::null(); COUNT];
                functions[GET_FUNCTION_LIST] = C_GetFunctionList as *const c_void;
                $(functions[$index] = $name as *const c_void;)*
                functions
            },
        };
    };
    (@word $argument:ident) => { Word };
}

functions! {
    0 C_Initialize(a);
    1 C_Finalize(a);
    2 C_GetInfo(a);
    4 C_GetSlotList(a, b, c);
    5 C_GetSlotInfo(a, b);
    6 C_GetTokenInfo(a, b);
    7 C_GetMechanismList(a, b, c);
    8 C_GetMechanismInfo(a, b, c);
    9 C_InitToken(a, b, c, d);
    10 C_InitPIN(a, b, c);
    11 C_SetPIN(a, b, c, d, e);
    12 C_OpenSession(a, b, c, d, e);
    13 C_CloseSession(a);
    14 C_CloseAllSessions(a);
    15 C_GetSessionInfo(a, b);
    16 C_GetOperationState(a, b, c);
    17 C_SetOperationState(a, b, c, d, e);
    18 C_Login(a, b, c, d);
    19 C_Logout(a);
    20 C_CreateObject(a, b, c, d);
    21 C_CopyObject(a, b, c, d, e);
    22 C_DestroyObject(a, b);
    23 C_GetObjectSize(a, b, c);
    24 C_GetAttributeValue(a, b, c, d);
    25 C_SetAttributeValue(a, b, c, d);
    26 C_FindObjectsInit(a, b, c);
    27 C_FindObjects(a, b, c, d);
    28 C_FindObjectsFinal(a);
    29 C_EncryptInit(a, b, c);
    30 C_Encrypt(a, b, c, d, e);
    31 C_EncryptUpdate(a, b, c, d, e);
    32 C_EncryptFinal(a, b, c);
    33 C_DecryptInit(a, b, c);
    34 C_Decrypt(a, b, c, d, e);
    35 C_DecryptUpdate(a, b, c, d, e);
    36 C_DecryptFinal(a, b, c);
    37 C_DigestInit(a, b);
    38 C_Digest(a, b, c, d, e);
    39 C_DigestUpdate(a, b, c);
    40 C_DigestKey(a, b);
    41 C_DigestFinal(a, b, c);
    42 C_SignInit(a, b, c);
    43 C_Sign(a, b, c, d, e);
    44 C_SignUpdate(a, b, c);
    45 C_SignFinal(a, b, c);
    46 C_SignRecoverInit(a, b, c);
    47 C_SignRecover(a, b, c, d, e);
    48 C_VerifyInit(a, b, c);
    49 C_Verify(a, b, c, d, e);
    50 C_VerifyUpdate(a, b, c);
    51 C_VerifyFinal(a, b, c);
    52 C_VerifyRecoverInit(a, b, c);
    53 C_VerifyRecover(a, b, c, d, e);
    54 C_DigestEncryptUpdate(a, b, c, d, e);
    55 C_DecryptDigestUpdate(a, b, c, d, e);
    56 C_SignEncryptUpdate(a, b, c, d, e);
    57 C_DecryptVerifyUpdate(a, b, c, d, e);
    58 C_GenerateKey(a, b, c, d, e);
    59 C_GenerateKeyPair(a, b, c, d, e, f, g, h);
    60 C_WrapKey(a, b, c, d, e, f);
    61 C_UnwrapKey(a, b, c, d, e, f, g, h);
    62 C_DeriveKey(a, b, c, d, e, f);
    63 C_SeedRandom(a, b, c);
    64 C_GenerateRandom(a, b, c);
    65 C_GetFunctionStatus(a);
    66 C_CancelFunction(a);
    67 C_WaitForSlotEvent(a, b, c);
}

/// The entry of the module.
///
/// # Safety
/// `list` is null or points to where the list belongs (PKCS #11, C_GetFunctionList).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn C_GetFunctionList(list: *mut *const FunctionList) -> Word {
    // SAFETY: as the caller promises.
    match unsafe { list.as_mut() } {
        Some(list) if real().is_some() => {
            *list = &SHIM;
            CKR_OK
        }
        _ => CKR_GENERAL_ERROR,
    }
}
