//! What lies in a tier, and which of it can go. Pure.

/// An entry of a tier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Its place in the tier.
    pub place: String,
    /// What it weighs.
    pub bytes: u64,
    /// When it was used last, or written, where uses leave no trace: seconds since 1970, by the clock of whoever keeps it.
    pub used: i64,
}

impl Item {
    /// Whether it is called as our entries are: others may lie there, too.
    #[must_use]
    pub fn is_ours(&self) -> bool {
        let is_hex = |part: &str| part.bytes().all(|byte| byte.is_ascii_hexdigit());
        self.place
            .split_once('/')
            .is_some_and(|(folder, name)| (folder.len(), name.len()) == (2, 62) && is_hex(folder) && is_hex(name))
    }
}

/// How much may lie in a tier.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Limits {
    /// Bytes, altogether.
    pub bytes: Option<u64>,
    /// Seconds since an entry was used last.
    pub age: Option<i64>,
}

/// What goes so that the limits hold at that time, the oldest first.
#[must_use]
pub fn dispensable(mut items: Vec<Item>, limits: Limits, now: i64) -> Vec<Item> {
    items.sort_by(|one, other| (one.used, &one.place).cmp(&(other.used, &other.place)));
    let mut held: u64 = items.iter().map(|item| item.bytes).sum();
    items
        .into_iter()
        .take_while(|item| {
            let is_old = limits.age.is_some_and(|age| now.saturating_sub(item.used) > age);
            let goes = is_old || limits.bytes.is_some_and(|most| held > most);
            held -= if goes { item.bytes } else { 0 };
            goes
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_go_until_the_limits_hold() {
        let item = |place: &str, bytes, used| Item { place: place.to_owned(), bytes, used };
        let items = vec![item("b", 10, 20), item("a", 10, 10), item("c", 10, 30)];
        let check = |bytes, age, gone: &str| {
            let gone_now = dispensable(items.clone(), Limits { bytes, age }, 40);
            assert_eq!(gone_now.iter().map(|item| &*item.place).collect::<String>(), gone);
        };
        check(None, None, "");
        check(Some(30), None, "");
        check(Some(29), None, "a");
        check(Some(0), None, "abc");
        check(None, Some(15), "ab");
        check(Some(29), Some(25), "a");
        check(None, Some(0), "abc");
    }
}
