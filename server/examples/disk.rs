//! A disk that can be watched and troubled. Loaded in front of the C library (`LD_PRELOAD`), it stands between a shop and the
//! kernel; only proofs and benches load it.
//!
//! - `DISK_SYNCS=FILE` gets one byte for every sync of the disk: its size is their number.
//! - `DISK_SLOW=MS` lets every sync take so much longer.
//! - `DISK_BROKEN=FILE`: while it exists, writes to the shop's files fail as it says, `full`, `io` or `read-only`; or they are
//!   said to be done and are not: `lies`.
//! - `DISK_RECORD=FILE` gets every write, truncation and sync of the database in their order ([`prove power`] reads it):
//!   kind, file (0 the database, 1 its log), offset (8 bytes, little end first), length (4 bytes), what was written.

#![expect(unsafe_code, reason = "it answers in the place of the C library")]
#![expect(clippy::missing_safety_doc, reason = "the contracts are those of the C library")]

use libc::{c_char, c_int, c_long, c_void, off_t, size_t, ssize_t};
use std::{ffi::CString, os::unix::ffi::OsStrExt, sync::OnceLock};

const WRITTEN: u8 = 1;
const SYNCED: u8 = 2;
const CUT: u8 = 3;

struct Settings {
    syncs: Option<c_int>,
    slow_ms: i64,
    broken: Option<CString>,
    record: Option<c_int>,
}

fn settings() -> &'static Settings {
    static SETTINGS: OnceLock<Settings> = OnceLock::new();
    SETTINGS.get_or_init(|| {
        let path = |name| std::env::var_os(name).and_then(|v| CString::new(v.as_bytes()).ok());
        // SAFETY: the paths end in a zero.
        let log = |name| {
            path(name)
                .map(|p| unsafe { libc::open(p.as_ptr(), libc::O_WRONLY | libc::O_APPEND | libc::O_CREAT, 0o600) })
        };
        let slow_ms = std::env::var("DISK_SLOW").ok().and_then(|v| v.parse().ok()).unwrap_or(0);
        Settings { syncs: log("DISK_SYNCS"), slow_ms, broken: path("DISK_BROKEN"), record: log("DISK_RECORD") }
    })
}

/// Past this library, straight to the kernel.
unsafe fn kernel(number: c_long, fd: c_int, a: usize, b: usize, c: off_t) -> c_long {
    // SAFETY: the caller's, who has it from the C library's contract.
    unsafe { libc::syscall(number, fd, a, b, c) }
}

/// The end of the name of an open file.
fn name_of(fd: c_int, name: &mut [u8; 512]) -> &[u8] {
    let Ok(link) = CString::new(format!("/proc/self/fd/{fd}")) else { return &[] };
    // SAFETY: the buffer is as long as is said.
    let length = unsafe { libc::readlink(link.as_ptr(), name.as_mut_ptr().cast::<c_char>(), name.len()) };
    usize::try_from(length).ok().and_then(|l| name.get(..l)).unwrap_or_default()
}

/// 0 for the database, 1 for its log.
fn database(fd: c_int) -> Option<u8> {
    let mut name = [0; 512];
    let name = name_of(fd, &mut name);
    if name.ends_with(b".db") { Some(0) } else { name.ends_with(b".db-wal").then_some(1) }
}

/// The error that a write fails with, while the disk is broken; 0 when it is to look done.
fn trouble(fd: c_int) -> Option<c_int> {
    let flag = settings().broken.as_ref()?;
    let mut kind = [0_u8; 1];
    // SAFETY: the path ends in a zero; one byte is read into one byte.
    unsafe {
        let file = libc::open(flag.as_ptr(), libc::O_RDONLY);
        if file < 0 {
            return None;
        }
        libc::read(file, kind.as_mut_ptr().cast::<c_void>(), 1);
        libc::close(file);
    }
    let mut name = [0; 512];
    let name = name_of(fd, &mut name);
    let ours = name.ends_with(b".db") || name.ends_with(b".db-wal") || name.windows(7).any(|w| w == b"/media/");
    ours.then_some(match kind {
        [b'f'] => libc::ENOSPC,
        [b'r'] => libc::EROFS,
        [b'l'] => 0,
        _ => libc::EIO,
    })
}

fn fail(error: c_int) -> c_int {
    // SAFETY: the thread's own errno.
    unsafe { *libc::__errno_location() = error };
    -1
}

unsafe fn record(kind: u8, fd: c_int, offset: off_t, data: *const c_void, length: usize) {
    let (Some(log), Some(file)) = (settings().record, database(fd)) else { return };
    let mut head = vec![kind, file];
    head.extend(offset.to_le_bytes());
    head.extend(u32::try_from(length).unwrap_or(0).to_le_bytes());
    let parts = [
        libc::iovec { iov_base: head.as_mut_ptr().cast::<c_void>(), iov_len: head.len() },
        libc::iovec { iov_base: data.cast_mut(), iov_len: length },
    ];
    // One call: what several threads append does not mix. SAFETY: the caller's buffer and ours.
    unsafe { libc::writev(log, parts.as_ptr(), 2) };
}

unsafe fn write_at(fd: c_int, data: *const c_void, length: size_t, offset: off_t) -> ssize_t {
    match trouble(fd) {
        Some(0) => return isize::try_from(length).unwrap_or(-1),
        Some(error) => return isize::try_from(fail(error)).unwrap_or(-1),
        None => {}
    }
    // SAFETY: the caller's.
    let done = unsafe { kernel(libc::SYS_pwrite64, fd, data.addr(), length, offset) };
    if let Ok(done) = usize::try_from(done) {
        // SAFETY: so many bytes were just read from there.
        unsafe { record(WRITTEN, fd, offset, data, done) };
    }
    isize::try_from(done).unwrap_or(-1)
}

unsafe fn sync(number: c_long, fd: c_int) -> c_int {
    let settings = settings();
    match trouble(fd) {
        Some(0) => return 0,
        Some(libc::EIO) => return fail(libc::EIO),
        _ => {}
    }
    // SAFETY: plain calls on the caller's file and on ours.
    unsafe {
        if settings.slow_ms > 0 {
            let time = libc::timespec { tv_sec: settings.slow_ms / 1000, tv_nsec: settings.slow_ms % 1000 * 1_000_000 };
            libc::nanosleep(&raw const time, std::ptr::null_mut());
        }
        if let Some(log) = settings.syncs {
            kernel(libc::SYS_write, log, b".".as_ptr().addr(), 1, 0);
        }
        let done = kernel(number, fd, 0, 0, 0);
        if done == 0 {
            record(SYNCED, fd, 0, std::ptr::null(), 0);
        }
        c_int::try_from(done).unwrap_or(-1)
    }
}

unsafe fn cut(fd: c_int, length: off_t) -> c_int {
    match trouble(fd) {
        Some(0) => return 0,
        Some(error) => return fail(error),
        None => {}
    }
    // SAFETY: a plain call on the caller's file.
    unsafe {
        let done = kernel(libc::SYS_ftruncate, fd, usize::try_from(length).unwrap_or(0), 0, 0);
        if done == 0 {
            record(CUT, fd, length, std::ptr::null(), 0);
        }
        c_int::try_from(done).unwrap_or(-1)
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn pwrite64(fd: c_int, data: *const c_void, length: size_t, offset: off_t) -> ssize_t {
    // SAFETY: as pwrite64.
    unsafe { write_at(fd, data, length, offset) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn pwrite(fd: c_int, data: *const c_void, length: size_t, offset: off_t) -> ssize_t {
    // SAFETY: as pwrite.
    unsafe { write_at(fd, data, length, offset) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn fsync(fd: c_int) -> c_int {
    // SAFETY: as fsync.
    unsafe { sync(libc::SYS_fsync, fd) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn fdatasync(fd: c_int) -> c_int {
    // SAFETY: as fdatasync.
    unsafe { sync(libc::SYS_fdatasync, fd) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn ftruncate64(fd: c_int, length: off_t) -> c_int {
    // SAFETY: as ftruncate64.
    unsafe { cut(fd, length) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn ftruncate(fd: c_int, length: off_t) -> c_int {
    // SAFETY: as ftruncate.
    unsafe { cut(fd, length) }
}
