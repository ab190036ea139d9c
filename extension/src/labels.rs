//! Labels that were looked at before: kinds, roles and names of tools come again with every event.

use payload::redact::Policy;
use std::cell::RefCell;
use std::collections::HashSet;
use std::rc::Rc;

/// Labels kept; with more, it begins anew.
const KEPT: usize = 256;
/// Longer ones are ids, or do not come again.
const BYTES_MAX: usize = 64;

thread_local! {
    /// What one policy has nothing to find in.
    static CLEAN: RefCell<Option<(Rc<Policy>, HashSet<String>)>> = const { RefCell::new(None) };
}

/// True where the policy looked at the same label before and found nothing: whatever the key, it will
/// find nothing again.
pub fn is_clean(policy: &Rc<Policy>, label: &str) -> bool {
    CLEAN.with_borrow(|clean| {
        clean
            .as_ref()
            .is_some_and(|(of, labels)| Rc::ptr_eq(of, policy) && labels.contains(label))
    })
}

/// Remembers that the policy finds nothing in a label.
pub fn found_clean(policy: &Rc<Policy>, label: &str) {
    if label.len() > BYTES_MAX {
        return;
    }
    CLEAN.with_borrow_mut(|clean| match clean {
        Some((of, labels)) if Rc::ptr_eq(of, policy) && labels.len() < KEPT => {
            labels.insert(label.to_owned());
        }
        _ => *clean = Some((Rc::clone(policy), HashSet::from([label.to_owned()]))),
    });
}
