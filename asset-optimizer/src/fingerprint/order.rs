//! Which names must be known before which others, and which only together: strongly connected components.

/// The components of a graph, each after all that it leads to; members are sorted. By Tarjan (1972), with its own stack:
/// scripts import each other as deep as they like.
pub(super) fn components(leads_to: &[Vec<usize>]) -> Vec<Vec<usize>> {
    const UNSEEN: usize = usize::MAX;
    let count = leads_to.len();
    let (mut index, mut low, mut is_open) = (vec![UNSEEN; count], vec![0; count], vec![false; count]);
    let (mut open, mut components, mut next) = (Vec::new(), Vec::new(), 0);
    for root in 0..count {
        if index[root] != UNSEEN {
            continue;
        }
        let mut work = vec![(root, 0)];
        while let Some(&mut (node, ref mut edge)) = work.last_mut() {
            if *edge == 0 {
                (index[node], low[node]) = (next, next);
                next += 1;
                open.push(node);
                is_open[node] = true;
            }
            if let Some(&to) = leads_to[node].get(*edge) {
                *edge += 1;
                if index[to] == UNSEEN {
                    work.push((to, 0));
                } else if is_open[to] {
                    low[node] = low[node].min(index[to]);
                }
                continue;
            }
            work.pop();
            if let Some(&(parent, _)) = work.last() {
                low[parent] = low[parent].min(low[node]);
            }
            if low[node] == index[node] {
                let mut members = Vec::new();
                while let Some(member) = open.pop() {
                    is_open[member] = false;
                    members.push(member);
                    if member == node {
                        break;
                    }
                }
                members.sort_unstable();
                components.push(members);
            }
        }
    }
    components
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_component_comes_after_what_it_leads_to() {
        let check = |leads_to: &[&[usize]], expected: &[&[usize]]| {
            let leads_to: Vec<Vec<usize>> = leads_to.iter().map(|to| to.to_vec()).collect();
            assert_eq!(components(&leads_to), expected, "{leads_to:?}");
        };
        check(&[&[1], &[2], &[]], &[&[2], &[1], &[0]]);
        check(&[&[1], &[0, 2], &[]], &[&[2], &[0, 1]]);
        check(&[&[0]], &[&[0]]);
        check(&[&[1, 3], &[2], &[0], &[4], &[3]], &[&[3, 4], &[0, 1, 2]]);
        check(&[], &[]);
    }

    #[test]
    fn depth_is_no_limit() {
        let deep: Vec<Vec<usize>> = (0..200_000).map(|at| if at < 199_999 { vec![at + 1] } else { vec![0] }).collect();
        assert_eq!(components(&deep).len(), 1);
    }
}
