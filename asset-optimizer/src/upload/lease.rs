//! One deploy at a time: an object that only one can make, and that its holder writes anew every few seconds. Clocks are not
//! compared: whose object stays as it is for as long as it promised not to has gone.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::sys::clock::{self, Since};
use crate::sys::store::{Beside, Condition, Store, Tag, Written};

use super::layout::OWN;

/// How often a holder says something in the time for which it may say nothing.
const BEATS: u32 = 4;
/// After how many of them without a word it counts as lost.
const SILENT_BEATS: u32 = 3;
/// The longest that anybody else's promise is believed.
const MOST_SECONDS: u64 = 300;
/// What a lease promises that is free.
const FREE: u64 = 0;
/// The largest lease that is read.
const LIMIT_BYTES: u64 = 1 << 12;

#[derive(Serialize, Deserialize)]
struct Wire {
    tool: String,
    holder: String,
    beat: u64,
    seconds: u64,
}

/// The right to deploy. It is given back when it goes out of scope.
pub struct Lease {
    store: Arc<Store>,
    holder: String,
    tag: Arc<Mutex<Tag>>,
    is_lost: Arc<AtomicBool>,
    /// When it was said for the last time, and for how long it counts then: less than others wait, since what is on the way by
    /// then is still to arrive.
    heard: Arc<Mutex<Since>>,
    most: Duration,
    stop: Option<Sender<()>>,
    beating: Option<JoinHandle<()>>,
}

/// Where it lies.
pub(super) fn key() -> String {
    format!("{OWN}lease.json")
}

fn text(holder: &str, beat: u64, seconds: u64) -> Vec<u8> {
    let wire = Wire { tool: "asset-optimizer".to_owned(), holder: holder.to_owned(), beat, seconds };
    serde_json::to_vec(&wire).unwrap_or_default()
}

fn beside() -> Beside {
    Beside {
        content_type: Some("application/json".to_owned()),
        cache_control: Some("no-store".to_owned()),
        ..Beside::default()
    }
}

impl Lease {
    /// Takes the lease, and waits for one whose holder has gone.
    ///
    /// # Errors
    /// Where another deploy is at work, or the store cannot be asked.
    pub fn take(store: &Arc<Store>, seconds: u64, say: &dyn Fn(&str)) -> Result<Lease> {
        let holder = format!("{:016x}", clock::unique());
        let mut condition: Option<Tag> = None;
        loop {
            let only_if = condition.as_ref().map_or(Condition::Absent, Condition::Same);
            let written = store.write(&key(), text(&holder, 0, seconds), &beside(), only_if)?;
            // A request that was tried again may have been heard the first time.
            match written {
                Written::Done(tag) => return Lease::beating(store, holder, seconds, tag),
                Written::Refused if is_held_by(store, &holder)? => {
                    let tag = store.head(&key())?.map(|head| head.tag).unwrap_or_default();
                    return Lease::beating(store, holder, seconds, tag);
                }
                Written::Refused if condition.is_some() => return Err(busy(store)),
                Written::Refused => condition = abandoned(store, say)?,
            }
        }
    }

    fn beating(store: &Arc<Store>, holder: String, seconds: u64, tag: Tag) -> Result<Lease> {
        let (stop, stopped) = channel();
        let (tag, is_lost) = (Arc::new(Mutex::new(tag)), Arc::new(AtomicBool::new(false)));
        let heard = Arc::new(Mutex::new(Since::now()));
        let every = Duration::from_secs(seconds) / BEATS;
        let (own_store, own_holder) = (store.beside(every)?, holder.clone());
        let (own_tag, own_lost, own_heard) = (Arc::clone(&tag), Arc::clone(&is_lost), Arc::clone(&heard));
        let beating = std::thread::spawn(move || {
            let said = |new: Tag, since: Since| {
                if let (Ok(mut tag), Ok(mut heard)) = (own_tag.lock(), own_heard.lock()) {
                    (*tag, *heard) = (new, since);
                }
            };
            let mut beat = 0;
            while stopped.recv_timeout(every) == Err(RecvTimeoutError::Timeout) {
                beat += 1;
                let since = Since::now();
                let known = own_tag.lock().map(|tag| tag.clone()).unwrap_or_default();
                match own_store.write(&key(), text(&own_holder, beat, seconds), &beside(), Condition::Same(&known)) {
                    Ok(Written::Done(new)) => said(new, since),
                    Ok(Written::Refused) => match held(&own_store) {
                        Ok(Some((new, Some(wire)))) if wire.holder == own_holder => said(new, since),
                        Ok(_) => own_lost.store(true, Ordering::SeqCst),
                        Err(_) => {}
                    },
                    Err(_) => {}
                }
            }
        });
        let most = every * SILENT_BEATS;
        let store = Arc::clone(store);
        Ok(Lease { store, holder, tag, is_lost, heard, most, stop: Some(stop), beating: Some(beating) })
    }

    fn is_lost(&self) -> bool {
        let is_silent = self.heard.lock().map_or(true, |heard| heard.elapsed() > self.most);
        is_silent || self.is_lost.load(Ordering::SeqCst)
    }

    /// Whether it is still held.
    ///
    /// # Errors
    /// Where it is not.
    pub fn check(&self) -> Result<()> {
        match self.is_lost() {
            false => Ok(()),
            true => Err(Error::environment(format!("the lease of `{}` is lost", self.store.target()))
                .hint("another deploy has begun, or the store was away for too long: see which release is live, and deploy again")),
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(beating) = self.beating.take() {
            let _ = beating.join();
        }
        let is_ours = !self.is_lost() && is_held_by(&self.store, &self.holder).unwrap_or(false);
        if is_ours && self.store.remove(&[key()]).is_err() {
            // Who may not remove it says at least that it is free.
            let tag = self.tag.lock().map(|tag| tag.clone()).unwrap_or_default();
            let _ = self.store.write(&key(), text(&self.holder, 0, FREE), &beside(), Condition::Same(&tag));
        }
    }
}

impl std::fmt::Debug for Lease {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lease").field("holder", &self.holder).field("tag", &self.tag).finish_non_exhaustive()
    }
}

/// What lies there now, and what it says, if it says something.
fn held(store: &Store) -> Result<Option<(Tag, Option<Wire>)>> {
    let read = store.read_tagged(&key(), LIMIT_BYTES)?;
    Ok(read.map(|(tag, bytes)| (tag, serde_json::from_slice(&bytes).ok())))
}

fn is_held_by(store: &Store, holder: &str) -> Result<bool> {
    Ok(held(store)?.and_then(|(_, wire)| wire).is_some_and(|wire| wire.holder == holder))
}

/// Waits until nobody holds the lease: the tag of what one left who has gone, or nothing where it was given back.
fn abandoned(store: &Store, say: &dyn Fn(&str)) -> Result<Option<Tag>> {
    let Some((tag, wire)) = held(store)? else { return Ok(None) };
    if wire.as_ref().is_some_and(|wire| wire.seconds == FREE) {
        return Ok(Some(tag));
    }
    let state = |wire: &Option<Wire>| wire.as_ref().map(|wire| (wire.holder.clone(), wire.beat));
    let seconds = wire.as_ref().map_or(MOST_SECONDS, |wire| wire.seconds.clamp(1, MOST_SECONDS));
    say(&format!("another deploy holds `{}`, or died: waiting up to {seconds} s to see which", store.target()));
    let since = Since::now();
    while since.elapsed() < Duration::from_secs(seconds) {
        clock::wait(Duration::from_millis(250));
        match held(store)? {
            None => return Ok(None),
            Some((_, now)) if state(&now) != state(&wire) => return Err(busy(store)),
            Some(_) => {}
        }
    }
    Ok(Some(tag))
}

fn busy(store: &Store) -> Error {
    Error::environment(format!("another deploy is at work on `{}`: nothing was written", store.target()))
        .hint("deploy again when it has ended")
}
