//! The order of a deploy. See the module above for why it is that one.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex;

use crate::asset::{AssetPath, ByteCount};
use crate::error::{Error, Result};
use crate::sys::clock::Since;
use crate::sys::hands::{self, Load};
use crate::sys::store::{Sent, Store};

use super::Reach;
use super::layout::{Layout, Stage};
use super::lease::Lease;
use super::plan::{Fate, fate};
use super::purge;
use super::record::Record;
use super::shelf::{self, Shelf};
use super::state::{self, Live};
use super::stock::{self, Item, Stock};

/// How many bytes may be in memory at once, besides what a part of a large file takes.
const MEMORY_BYTES: u64 = 64 << 20;
/// What a file that is sent in parts takes of that.
const LARGE_BYTES: u64 = 16 << 20;
/// So many objects are asked for one by one; of more, all are listed. Arbitrary.
const FEW: usize = 64;

/// What is to be deployed, and where.
#[derive(Debug, Clone)]
pub struct Order {
    /// The output of `optimize`.
    pub out: PathBuf,
    /// Where it goes.
    pub reach: Reach,
    /// How encodings lie there.
    pub layout: Layout,
    /// Whether only the plan is made.
    pub is_dry: bool,
    /// Whether it is asked what the release that is live has replaced, where nothing is new: who was to forget that may not have
    /// heard it.
    pub recalls: bool,
}

/// What became of each object.
#[derive(Debug, Clone, PartialEq)]
pub struct Deployed {
    /// The fates of the objects, by their keys.
    pub fates: Vec<(AssetPath, Fate, ByteCount)>,
    /// The release that is live now; the one that was, where nothing had to change.
    pub release: Option<String>,
    /// Whether there is a new one.
    pub is_new: bool,
    /// The new one, where it is only planned.
    pub coming: Option<Record>,
    /// What visitors may have seen under its name with other bytes or headers.
    pub replaced: Vec<AssetPath>,
    /// Objects that no other release has and this one has not: they stay until they are pruned.
    pub left: usize,
    /// What a person should know.
    pub remarks: Vec<String>,
    /// How long it took.
    pub seconds: f64,
}

impl Deployed {
    /// How many objects met a fate, and with how many bytes.
    #[must_use]
    pub fn count(&self, fate: Fate) -> (usize, ByteCount) {
        let of = self.fates.iter().filter(|(_, own, _)| *own == fate);
        of.fold((0, ByteCount(0)), |(count, bytes), (_, _, own)| (count + 1, ByteCount(bytes.0 + own.0)))
    }
}

/// Who is told how far it is: bytes and objects that were sent, of how many.
pub trait Watcher: Sync {
    /// Something was sent.
    fn sent(&self, objects: usize, of: usize, bytes: u64, all: u64, key: &str);
    /// A person should know that now.
    fn say(&self, text: &str);
}

/// Deploys an output.
///
/// # Errors
/// Where the output is not what it says, or the store refuses something; then the release that was live is.
pub fn deploy(order: &Order, watcher: &dyn Watcher) -> Result<Deployed> {
    let since = Since::now();
    let Order { out, reach, layout, .. } = order;
    let Reach { target, parallel, .. } = reach;
    let Stock { items, mut remarks } = stock::stock(out, *layout, target.provider, hands::cores(), MEMORY_BYTES)?;
    let store = Arc::new(Store::open(target, *parallel)?);
    let lease = match order.is_dry {
        true => None,
        false => Some(Lease::take(&store, reach.lease_seconds, &|text| watcher.say(text))?),
    };
    if !store.knows_absent() || !store.knows_same() {
        remarks.push(format!("`{target}` cannot keep two deploys apart: see that there is one at a time"));
    }
    let live = state::live(&store)?;
    let listing = state::listing(&store)?;
    let shelf = Shelf::new(&store, &listing, live.as_ref().map(|live| &live.record), *parallel);
    let desk = Desk { order, shelf, lease: lease.as_ref(), watcher };
    let fates = desk.fates(&items)?;
    let wanted = stock::by_key(&items);
    let (stale, strange) = desk.shelf.stale(&wanted)?;
    remarks.extend(strange.iter().map(|key| {
        format!("`{key}` is there, and no release has written it: a server that prefers it does not answer with this release")
    }));
    let told = items.iter().zip(&fates).map(|(item, fate)| (item.key.clone(), *fate, item.object.bytes));
    let bytes = |key: &AssetPath| listing.get(key.as_str()).map_or(ByteCount(0), |listed| listed.bytes);
    let mut deployed = Deployed {
        fates: told.chain(stale.iter().map(|key| (key.clone(), Fate::Deleted, bytes(key)))).collect(),
        release: live.as_ref().map(|live| live.record.release.clone()),
        is_new: false,
        coming: None,
        replaced: Vec::new(),
        left: live.as_ref().map_or(0, |live| {
            live.record.objects.keys().filter(|key| !wanted.contains_key(*key) && !stale.contains(key)).count()
        }),
        remarks,
        seconds: 0.0,
    };
    let is_same = live.as_ref().is_some_and(|live| live.record.holds_the_same(&wanted));
    if !is_same || !stale.is_empty() || fates.iter().any(|fate| fate.is_sent()) {
        let sequence = state::next(live.as_ref(), &listing);
        let before = live.as_ref().map(|live| live.record.release.clone());
        let mut record = Record::new(sequence, layout.name(), before, wanted);
        // What stays is called as it is listed.
        for (key, object) in &mut record.objects {
            object.tag = listing.get(key.as_str()).and_then(|listed| listed.tag.clone());
        }
        deployed.release = Some(record.release.clone());
        deployed.replaced = live.as_ref().map(|live| purge::replaced(&live.record, &record)).unwrap_or_default();
        deployed.is_new = true;
        match order.is_dry {
            true => deployed.coming = Some(record),
            false => deployed.remarks.extend(desk.write(record, &items, &fates, &stale, live.as_ref())?),
        }
    }
    if let Some(live) = live.as_ref().filter(|_| order.recalls && !deployed.is_new)
        && let Some(before) = &live.record.before
    {
        // One that is pruned has nothing to say any more.
        let before = state::release(&store, before).ok();
        deployed.replaced = before.map(|(before, _)| purge::replaced(&before, &live.record)).unwrap_or_default();
    }
    deployed.seconds = since.elapsed().as_secs_f64();
    Ok(deployed)
}

/// What the steps of a deploy share.
struct Desk<'a> {
    order: &'a Order,
    shelf: Shelf<'a>,
    lease: Option<&'a Lease>,
    watcher: &'a dyn Watcher,
}

impl Desk<'_> {
    fn check(&self) -> Result<()> {
        self.lease.map_or(Ok(()), Lease::check)
    }

    /// What becomes of each item; what nobody knows is asked for.
    fn fates(&self, items: &[Item]) -> Result<Vec<Fate>> {
        let Shelf { listing, live, .. } = self.shelf;
        let mut fates: Vec<Fate> = items
            .iter()
            .map(|item| {
                let known = live.and_then(|record| record.objects.get(&item.key));
                fate(&item.object, listing.get(item.key.as_str()), known)
            })
            .collect();
        let unknown: Vec<usize> = (0..items.len()).filter(|at| fates[*at] == Fate::Unknown).collect();
        let asked = self.shelf.each(unknown.len(), |at| {
            let Item { key, object, .. } = &items[unknown[at]];
            shelf::asked(self.shelf.store, key.as_str(), object)
        })?;
        for (at, fate) in unknown.into_iter().zip(asked) {
            fates[at] = fate;
        }
        Ok(fates)
    }

    /// Writes everything, in order, and goes live.
    fn write(
        &self,
        mut record: Record,
        items: &[Item],
        fates: &[Fate],
        stale: &[AssetPath],
        live: Option<&Live>,
    ) -> Result<Option<String>> {
        // What a deploy that dies leaves behind is known by this.
        let store = self.shelf.store;
        let pending = state::begin(store, &record)?;
        let going: Vec<(&Item, Fate)> =
            items.iter().zip(fates.iter().copied()).filter(|(_, fate)| fate.is_sent()).collect();
        let replaced = going.iter().map(|(item, _)| &item.key).chain(stale);
        self.shelf.keep(&replaced.collect::<Vec<_>>(), self.lease)?;
        let (of, all) = (going.len(), going.iter().map(|(item, _)| item.object.bytes.0).sum());
        let sent = Mutex::new((0, 0));
        // What is new is there before what may ask for it.
        let batches = Stage::ALL.into_iter().flat_map(|stage| [(stage, true), (stage, false)]);
        for (stage, is_new) in batches {
            if stage == Stage::Plain && is_new {
                self.check()?;
                self.shelf.withdraw(stale)?;
            }
            let is_of = |(item, fate): &&(&Item, Fate)| item.object.stage == stage && (*fate == Fate::Added) == is_new;
            let batch: Vec<&Item> = going.iter().filter(is_of).map(|(item, _)| *item).collect();
            let memory = |item: &&Item| Load { memory: item.object.bytes.0.min(LARGE_BYTES), ..Load::default() };
            let loads: Vec<Load> = batch.iter().map(memory).collect();
            let answers = hands::run(&loads, self.order.reach.parallel, MEMORY_BYTES, |at| {
                self.check()?;
                let item = batch[at];
                let place = self.order.out.join(item.from.as_str());
                let Item { key, object, .. } = item;
                let answer = store.send(key.as_str(), &place, object.bytes, &object.digest, &shelf::beside(object))?;
                if let Ok(mut sent) = sent.lock() {
                    *sent = (sent.0 + 1, sent.1 + item.object.bytes.0);
                    self.watcher.sent(sent.0, of, sent.1, all, item.key.as_str());
                }
                Ok(answer)
            })?;
            let mut heard = Vec::new();
            for (item, answer) in batch.into_iter().zip(answers) {
                match (answer, record.objects.get_mut(&item.key)) {
                    (Sent::Shown(name), Some(object)) => object.tag = Some(name),
                    _ => heard.push(item),
                }
            }
            self.verify(&mut record, &heard)?;
        }
        self.check()?;
        state::publish(store, &record, live.map(|live| &live.tag))?;
        Ok(state::end(store, pending))
    }

    /// Sees that a store has what it did not show that it has, and notes what it calls it: few are asked for, many are listed.
    fn verify(&self, record: &mut Record, sent: &[&Item]) -> Result<()> {
        let listing = match sent.len() {
            0 => return Ok(()),
            1..=FEW => {
                let heads = self.shelf.each(sent.len(), |at| {
                    Ok(state::listed(self.shelf.store, sent[at].key.as_str())?
                        .map(|listed| (sent[at].key.to_string(), listed)))
                })?;
                heads.into_iter().flatten().collect()
            }
            _ => state::listing(self.shelf.store)?,
        };
        for item in sent {
            let listed = listing.get(item.key.as_str()).filter(|listed| listed.bytes == item.object.bytes);
            let listed = listed.ok_or_else(|| {
                Error::environment(format!("`{}` is not in `{}` as it was written", item.key, self.order.reach.target))
                    .hint("somebody else writes there, or the store lost it: deploy again")
            })?;
            if let Some(object) = record.objects.get_mut(&item.key) {
                object.tag.clone_from(&listed.tag);
            }
        }
        Ok(())
    }
}
