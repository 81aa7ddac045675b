//! The inverse of a large symmetric matrix.

use ndarray::{Array2, ArrayView2, ArrayViewMut2, s};

/// Below this a matrix is worked on number by number.
const SMALL: usize = 32;

/// The inverse of a symmetric matrix whose eigenvalues are all above zero: Cholesky's factor, its inverse, and the product of that with
/// itself; by halves, so that nearly all of the work is products of matrices, which the library does at the speed of the machine.
pub(super) fn inverse(mut m: Array2<f64>) -> Array2<f64> {
    factor(m.view_mut());
    let lower = lower_inverse(m.view());
    drop(m);
    lower.t().dot(&lower)
}

/// Makes the lower half of a matrix its factor: that times its mirror is the matrix. What is above the diagonal becomes zero.
fn factor(mut m: ArrayViewMut2<'_, f64>) {
    let n = m.nrows();
    if n <= SMALL {
        for j in 0..n {
            for i in j..n {
                let sum: f64 = (0..j).map(|k| m[[i, k]] * m[[j, k]]).sum();
                let rest = m[[i, j]] - sum;
                m[[i, j]] = if i == j { rest.max(f64::MIN_POSITIVE).sqrt() } else { rest / m[[j, j]] };
                if i > j {
                    m[[j, i]] = 0.0;
                }
            }
        }
        return;
    }
    let half = n / 2;
    let (mut top, mut below) = m.split_at(ndarray::Axis(0), half);
    factor(top.slice_mut(s![.., ..half]));
    top.slice_mut(s![.., half..]).fill(0.0);
    let (mut left, mut right) = below.view_mut().split_at(ndarray::Axis(1), half);
    divide(left.view_mut(), top.slice(s![.., ..half]));
    ndarray::linalg::general_mat_mul(-1.0, &left, &left.t(), 1.0, &mut right);
    factor(right);
}

/// Makes of B the X with X times the mirror of `lower` = B.
fn divide(mut b: ArrayViewMut2<'_, f64>, lower: ArrayView2<'_, f64>) {
    let n = lower.nrows();
    if n <= SMALL {
        for mut row in b.rows_mut() {
            for j in 0..n {
                let sum: f64 = (0..j).map(|k| row[k] * lower[[j, k]]).sum();
                row[j] = (row[j] - sum) / lower[[j, j]];
            }
        }
        return;
    }
    let half = n / 2;
    let (mut left, mut right) = b.view_mut().split_at(ndarray::Axis(1), half);
    divide(left.view_mut(), lower.slice(s![..half, ..half]));
    ndarray::linalg::general_mat_mul(-1.0, &left, &lower.slice(s![half.., ..half]).t(), 1.0, &mut right);
    divide(right, lower.slice(s![half.., half..]));
}

/// The inverse of a matrix that has nothing above its diagonal.
fn lower_inverse(lower: ArrayView2<'_, f64>) -> Array2<f64> {
    let n = lower.nrows();
    let mut out = Array2::zeros((n, n));
    if n <= SMALL {
        for j in 0..n {
            out[[j, j]] = 1.0 / lower[[j, j]];
            for i in j + 1..n {
                let sum: f64 = (j..i).map(|k| lower[[i, k]] * out[[k, j]]).sum();
                out[[i, j]] = -sum / lower[[i, i]];
            }
        }
        return out;
    }
    let half = n / 2;
    let first = lower_inverse(lower.slice(s![..half, ..half]));
    let second = lower_inverse(lower.slice(s![half.., half..]));
    let between = second.dot(&lower.slice(s![half.., ..half])).dot(&first);
    out.slice_mut(s![half.., ..half]).assign(&between.mapv(|x| -x));
    out.slice_mut(s![..half, ..half]).assign(&first);
    out.slice_mut(s![half.., half..]).assign(&second);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_matrix_times_its_inverse_is_one() {
        for n in [1, 5, 32, 33, 131, 300] {
            // A product of a matrix with itself, and something on the diagonal.
            let x = Array2::from_shape_fn((n, n), |(i, j)| ((i * 31 + j * 17) % 23) as f64 / 23.0);
            let m = x.t().dot(&x) + Array2::<f64>::eye(n) * 5.0;
            let one = m.dot(&inverse(m.clone()));
            let off = (&one - &Array2::<f64>::eye(n)).mapv(f64::abs).into_iter().fold(0.0, f64::max);
            assert!(off < 1e-8, "{n}: {off}");
        }
    }
}
