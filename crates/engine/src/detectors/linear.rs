//! The little linear algebra that detectors of several dimensions need: small symmetric matrices.

/// A square matrix, row by row.
pub(super) type Matrix = Vec<Vec<f64>>;

/// The lower triangle L with L·Lᵀ = the matrix; `None` where it is not positive definite.
pub(super) fn cholesky(matrix: &Matrix) -> Option<Matrix> {
    let count = matrix.len();
    let mut lower = vec![vec![0.0; count]; count];
    for i in 0..count {
        for j in 0..=i {
            let known: f64 = (0..j).map(|k| lower[i][k] * lower[j][k]).sum();
            let rest = matrix[i][j] - known;
            if i == j {
                if rest.is_nan() || rest <= 0.0 {
                    return None;
                }
                lower[i][i] = rest.sqrt();
            } else {
                lower[i][j] = rest / lower[j][j];
            }
        }
    }
    Some(lower)
}

/// Solves L·Lᵀ·x = b.
pub(super) fn solve(lower: &Matrix, right: &[f64]) -> Vec<f64> {
    let mut x = right.to_vec();
    for i in 0..x.len() {
        let known: f64 = (0..i).map(|k| lower[i][k] * x[k]).sum();
        x[i] = (x[i] - known) / lower[i][i];
    }
    for i in (0..x.len()).rev() {
        let known: f64 = (i + 1..x.len()).map(|k| lower[k][i] * x[k]).sum();
        x[i] = (x[i] - known) / lower[i][i];
    }
    x
}

/// Sweeps after which a small matrix is diagonal to rounding (Jacobi converges quadratically; ten are
/// plenty for a hundred rows).
const SWEEPS: usize = 12;

/// Eigenvalues, and eigenvectors as the columns of the second matrix, by Jacobi's rotations.
pub(super) fn eigen(mut matrix: Matrix) -> (Vec<f64>, Matrix) {
    let count = matrix.len();
    let mut vectors = vec![vec![0.0; count]; count];
    for (i, row) in vectors.iter_mut().enumerate() {
        row[i] = 1.0;
    }
    for _ in 0..SWEEPS {
        for p in 0..count {
            for q in p + 1..count {
                rotate(&mut matrix, &mut vectors, p, q);
            }
        }
    }
    let values = (0..count).map(|i| matrix[i][i]).collect();
    (values, vectors)
}

/// Turns the plane of `p` and `q` so that their element is 0.
fn rotate(matrix: &mut Matrix, vectors: &mut Matrix, p: usize, q: usize) {
    let off = matrix[p][q];
    if off.abs() <= 1e-300 {
        return;
    }
    let theta = (matrix[q][q] - matrix[p][p]) / (2.0 * off);
    let tangent = theta.signum() / (theta.abs() + theta.hypot(1.0));
    let cos = 1.0 / tangent.hypot(1.0);
    let sin = tangent * cos;
    for row in matrix.iter_mut() {
        let (a, b) = (row[p], row[q]);
        row[p] = cos * a - sin * b;
        row[q] = sin * a + cos * b;
    }
    for k in 0..matrix.len() {
        let (a, b) = (matrix[p][k], matrix[q][k]);
        matrix[p][k] = cos * a - sin * b;
        matrix[q][k] = sin * a + cos * b;
    }
    for row in vectors.iter_mut() {
        let (a, b) = (row[p], row[q]);
        row[p] = cos * a - sin * b;
        row[q] = sin * a + cos * b;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Matrix {
        vec![
            vec![4.0, 1.0, 0.5],
            vec![1.0, 3.0, -0.2],
            vec![0.5, -0.2, 2.0],
        ]
    }

    #[test]
    fn a_solved_system_gives_the_right_side_again() {
        let lower = cholesky(&sample()).unwrap();
        let x = solve(&lower, &[1.0, 2.0, 3.0]);
        for (row, b) in sample().iter().zip([1.0, 2.0, 3.0]) {
            let got: f64 = row.iter().zip(&x).map(|(a, x)| a * x).sum();
            assert!((got - b).abs() < 1e-12);
        }
        assert!(cholesky(&vec![vec![1.0, 2.0], vec![2.0, 1.0]]).is_none());
    }

    #[test]
    fn eigenvectors_are_only_stretched() {
        let (values, vectors) = eigen(sample());
        for (k, value) in values.iter().enumerate() {
            for row in 0..3 {
                let got: f64 = (0..3).map(|j| sample()[row][j] * vectors[j][k]).sum();
                assert!((got - value * vectors[row][k]).abs() < 1e-9);
            }
        }
    }
}
