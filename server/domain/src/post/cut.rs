//! Cutting a picture of a post to a shape.

names! {
    /// The shapes that pictures are cut to.
    Shape:
    Portrait = "portrait",
    Square = "square",
    Landscape = "landscape",
}

/// Places where the cut can lie, in hundredths of what is left over: from the left or top to the right or bottom.
pub const PLACES: [i64; 5] = [0, 25, 50, 75, 100];

/// Left, top, width and height of the largest part of this shape in a picture of this size, pixels. `place`: where it lies, in
/// hundredths of what is left over.
pub fn cut((width, height): (i64, i64), shape: Shape, place: i64) -> (i64, i64, i64, i64) {
    let (across, down) = match shape {
        Shape::Portrait => (3, 4),
        Shape::Square => (1, 1),
        Shape::Landscape => (4, 3),
    };
    let (width, height) = (width.max(1), height.max(1));
    let (w, h) = if width * down > height * across {
        ((height * across / down).max(1), height)
    } else {
        (width, (width * down / across).max(1))
    };
    let place = place.clamp(0, 100);
    ((width - w) * place / 100, (height - h) * place / 100, w, h)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_cut_lies_inside_has_its_shape_and_cannot_be_larger(
            width in 1_i64..5000, height in 1_i64..5000, place in -10_i64..200, which in 0_usize..3
        ) {
            let shape = Shape::ALL[which];
            let (x, y, w, h) = cut((width, height), shape, place);
            prop_assert!(x >= 0 && y >= 0 && w >= 1 && h >= 1 && x + w <= width && y + h <= height);
            prop_assert!(w == width || h == height);
            let (across, down) = [(3, 4), (1, 1), (4, 3)][which];
            prop_assert!((w * down - h * across).abs() <= across.max(down) * 2);
        }
    }

    #[test]
    fn it_lies_where_it_was_said() {
        assert_eq!(cut((400, 300), Shape::Square, 0), (0, 0, 300, 300));
        assert_eq!(cut((400, 300), Shape::Square, 50), (50, 0, 300, 300));
        assert_eq!(cut((300, 800), Shape::Portrait, 100), (0, 400, 300, 400));
    }
}
