//! Which files of the repository a program looked at, from valgrind's trace of its system calls. Pure.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

/// Paths that were asked for, whether they were there or not.
pub type Opened = BTreeSet<PathBuf>;

/// The files below `root` that the traced program asked for by name, without those below `apart`. `None` where something
/// was done that the trace does not explain, such as a relative path after a change of folder, another program, or a
/// socket: then the measurement may depend on anything.
#[must_use]
pub fn opened(trace: &str, cwd: &Path, root: &Path, apart: &[&Path]) -> Option<Opened> {
    let mut paths = Opened::new();
    for line in trace.lines() {
        let Some((call, rest)) = syscall(line) else { continue };
        match call {
            "sys_openat" | "sys_newfstatat" | "sys_statx" | "sys_readlinkat" | "sys_faccessat" | "sys_faccessat2" => {
                let mut arguments = rest.splitn(2, ',');
                let folder = arguments.next()?.trim().trim_start_matches('(').trim();
                let Some(path) = quoted(arguments.next().unwrap_or_default()) else { continue };
                // AT_FDCWD is −100; an empty path speaks of a file that is open already.
                let path = Path::new(path);
                let of_cwd = folder == "-100" || folder == "4294967196" || folder == "18446744073709551516";
                if path.as_os_str().is_empty() || (path.is_relative() && !of_cwd) {
                    if call == "sys_openat" {
                        return None;
                    }
                    continue;
                }
                add(path, cwd, root, apart, &mut paths);
            }
            "sys_open" | "sys_newstat" | "sys_newlstat" | "sys_access" | "sys_readlink" => {
                if let Some(path) = quoted(rest) {
                    add(Path::new(path), cwd, root, apart, &mut paths);
                }
            }
            // Criterion looks for gnuplot; whatever it finds is not part of what is measured.
            "sys_execve" if quoted(rest).is_some_and(|path| path.ends_with("/gnuplot")) => {}
            "sys_execve"
            | "sys_execveat"
            | "sys_chdir"
            | "sys_fchdir"
            | "sys_socket"
            | "sys_connect"
            | "sys_io_uring_setup"
            | "sys_openat2"
            | "sys_open_by_handle_at"
            | "sys_getdents"
            | "sys_getdents64" => {
                return None;
            }
            _ => {}
        }
    }
    Some(paths)
}

/// `SYSCALL[123,1](257) sys_openat ( … )` → the call and what follows.
fn syscall(line: &str) -> Option<(&str, &str)> {
    let rest = line.strip_prefix("SYSCALL[")?;
    let rest = rest[rest.find(')')? + 1..].trim_start();
    let end = rest.find([' ', '('])?;
    Some((&rest[..end], rest[end..].trim_start()))
}

/// Valgrind prints a path argument as `0x1ffefff6f0(/the/path)`.
fn quoted(arguments: &str) -> Option<&str> {
    let start = arguments.find("0x").map(|at| at + arguments[at..].find('(').unwrap_or(0))?;
    let inner = arguments[start..].strip_prefix('(')?;
    // The path may hold parentheses; what follows the last one of the argument is a comma or the end.
    let end = inner.find("),").or_else(|| inner.find(") )")).or_else(|| inner.rfind(')'))?;
    Some(&inner[..end])
}

fn add(path: &Path, cwd: &Path, root: &Path, apart: &[&Path], paths: &mut Opened) {
    let path = normal(&cwd.join(path));
    if path.starts_with(root) && path != root && !apart.iter().any(|folder| path.starts_with(folder)) {
        paths.insert(path);
    }
}

/// The path without `.` and `..`, by its letters alone.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                normal.pop();
            }
            part => normal.push(part),
        }
    }
    normal
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(trace: &str, expected: Option<&[&str]>) {
        let found = opened(trace, Path::new("/repo/shop"), Path::new("/repo"), &[Path::new("/repo/target")]);
        let found = found.map(|paths| paths.iter().map(|path| path.to_string_lossy().into_owned()).collect::<Vec<_>>());
        assert_eq!(found, expected.map(|paths| paths.iter().map(ToString::to_string).collect()));
    }

    #[test]
    fn files_of_the_repository_are_found_and_others_are_not() {
        check(
            "SYSCALL[50,1](257) sys_openat ( 4294967196, 0x1ffefff6f0(data/prices.csv), 524288 ) --> [async] ... \n\
             SYSCALL[50,1](257) sys_openat ( 4294967196, 0x4(/repo/shop/../top (1).txt), 524288 ) --> [async] ... \n\
             SYSCALL[50,1](257) sys_openat ( 4294967196, 0x4(/etc/ld.so.cache), 524288 ) --> [async] ... \n\
             SYSCALL[50,1](257) sys_openat ( 4294967196, 0x4(/repo/target/x), 524288 ) --> [async] ... \n\
             SYSCALL[50,1](  0) sys_read ( 3, 0x1, 8 ) --> [async] ... \n",
            Some(&["/repo/shop/data/prices.csv", "/repo/top (1).txt"]),
        );
    }

    #[test]
    fn what_the_trace_does_not_explain_is_not_guessed() {
        check("SYSCALL[50,1](257) sys_openat ( 5, 0x4(prices.csv), 0 ) --> [async] ... ", None);
        check("SYSCALL[50,1]( 80) sys_chdir ( 0x4(/repo) )[sync] --> Success(0x0) ", None);
        check("SYSCALL[50,1]( 41) sys_socket ( 2, 1, 0 )[sync] --> Success(0x3) ", None);
        check("SYSCALL[51,1](59) sys_execve ( 0x4(/usr/bin/sort), 0x1, 0x2 ) --> [async] ... ", None);
        check(
            "SYSCALL[51,1](59) sys_execve ( 0x4(/usr/bin/gnuplot), 0x1, 0x2 ) --> [pre-fail] Failure(0x2) ",
            Some(&[]),
        );
    }
}
