//! Where a treemap's cells lie: rectangles as near to squares as they come, in percent of the cell around them.
//!
//! The method is Bruls, Huizing and van Wijk's ("Squarified Treemaps", 2000): a row of cells along the shorter side takes another cell as
//! long as that makes its worst cell more square.

/// A rectangle inside another of width 1 and height 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Rect {
    pub x: f64,
    pub y: f64,
    pub w: f64,
    pub h: f64,
}

/// One rectangle for each area, in their order; largest first looks best. `aspect` is the outer rectangle's width over its height.
/// An area of zero gets an empty rectangle.
pub(crate) fn squarified(areas: &[u64], aspect: f64) -> Vec<Rect> {
    let total: f64 = areas.iter().map(|&a| a as f64).sum();
    if total <= 0.0 {
        return vec![Rect { x: 0.0, y: 0.0, w: 0.0, h: 0.0 }; areas.len()];
    }
    // In units in which the outer rectangle is `aspect` wide and 1 high.
    let scale = aspect / total;
    let sizes: Vec<f64> = areas.iter().map(|&a| a as f64 * scale).collect();
    let mut left = Rect { x: 0.0, y: 0.0, w: aspect, h: 1.0 };
    let mut out = Vec::with_capacity(areas.len());
    let mut at = 0;
    while at < sizes.len() {
        let side = left.w.min(left.h);
        let (mut end, mut sum, mut min, mut max) = (at + 1, sizes[at], sizes[at], sizes[at]);
        let mut worst = worst_ratio(min, max, sum, side);
        while end < sizes.len() {
            let next = (sum + sizes[end], min.min(sizes[end]), max.max(sizes[end]));
            let ratio = worst_ratio(next.1, next.2, next.0, side);
            if ratio > worst {
                break;
            }
            (sum, min, max) = next;
            (worst, end) = (ratio, end + 1);
        }
        left = lay(&sizes[at..end], sum, left, &mut out);
        at = end;
    }
    out.iter().map(|r| Rect { x: r.x / aspect, y: r.y, w: r.w / aspect, h: r.h }).collect()
}

/// The least square of a row's cells, as its longer side over its shorter one.
fn worst_ratio(min: f64, max: f64, sum: f64, side: f64) -> f64 {
    let thick = sum / side;
    let ratio = |area: f64| {
        let long = area / thick;
        if long > thick { long / thick } else { thick / long }
    };
    if min <= 0.0 || thick <= 0.0 { f64::MAX } else { ratio(min).max(ratio(max)) }
}

/// Lays a row along the shorter side and gives back what is left.
fn lay(sizes: &[f64], sum: f64, left: Rect, out: &mut Vec<Rect>) -> Rect {
    let share = |size: f64| if sum > 0.0 { size / sum } else { 0.0 };
    if left.w >= left.h {
        let w = if left.h > 0.0 { (sum / left.h).min(left.w) } else { 0.0 };
        let mut y = left.y;
        for &size in sizes {
            let h = left.h * share(size);
            out.push(Rect { x: left.x, y, w, h });
            y += h;
        }
        Rect { x: left.x + w, w: left.w - w, ..left }
    } else {
        let h = if left.w > 0.0 { (sum / left.w).min(left.h) } else { 0.0 };
        let mut x = left.x;
        for &size in sizes {
            let w = left.w * share(size);
            out.push(Rect { x, y: left.y, w, h });
            x += w;
        }
        Rect { y: left.y + h, h: left.h - h, ..left }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn areas_are_shares_and_cells_do_not_overlap() {
        let check = |areas: &[u64], aspect: f64| {
            let rects = squarified(areas, aspect);
            let total: f64 = areas.iter().map(|&a| a as f64).sum();
            assert_eq!(rects.len(), areas.len());
            for (rect, &area) in rects.iter().zip(areas) {
                assert!((rect.w * rect.h - area as f64 / total.max(1.0)).abs() < 1e-9, "{areas:?}: {rect:?}");
                let ends = [rect.x, rect.y, rect.x + rect.w, rect.y + rect.h];
                assert!(ends.iter().all(|v| v.is_finite() && (-1e-9..=1.0 + 1e-9).contains(v)), "{areas:?}: {rect:?}");
            }
            for (i, a) in rects.iter().enumerate() {
                for b in &rects[..i] {
                    let apart = |a0: f64, al: f64, b0: f64, bl: f64| a0 + al <= b0 + 1e-9 || b0 + bl <= a0 + 1e-9;
                    assert!(apart(a.x, a.w, b.x, b.w) || apart(a.y, a.h, b.y, b.h), "{a:?} {b:?}");
                }
            }
        };
        check(&[], 1.6);
        check(&[0, 0], 1.6);
        check(&[1], 0.1);
        check(&[6, 6, 4, 3, 2, 2, 1], 1.5);
        check(&[u64::MAX, 1, 0], 1.6);
        check(&[1, 1, 1, 1, 1, 1, 1, 1, 1], 50.0);
    }

    #[test]
    fn cells_are_near_to_squares() {
        let areas: Vec<u64> = (1..=60).rev().map(|n| n * n).collect();
        let flat = squarified(&areas, 1.6).iter().filter(|r| (r.w * 1.6 / r.h).max(r.h / (r.w * 1.6)) > 4.0).count();
        assert!(flat <= 3, "{flat} of 60 are flat");
    }
}
