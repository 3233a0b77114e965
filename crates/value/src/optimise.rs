//! Minimisation of a smooth function of a few variables.

/// Where the search ended.
pub(crate) struct Minimum<const N: usize> {
    pub(crate) point: [f64; N],
    pub(crate) value: f64,
    /// Largest absolute element of the gradient at the point.
    pub(crate) gradient: f64,
    pub(crate) iterations: u32,
}

const MOST_ITERATIONS: u32 = 300;
const MOST_TRIALS: u32 = 60;
const GRADIENT_GOAL: f64 = 1e-10;
/// No variable moves by more than this in one step. The variables are logarithms: a factor of e² each.
const LONGEST_MOVE: f64 = 2.0;
/// Beyond this the search is running away along a ridge, and more steps do not help.
const OUTERMOST: f64 = 18.0;

struct Trial<const N: usize> {
    point: [f64; N],
    value: f64,
    gradient: [f64; N],
}

/// Minimises `objective`, which returns value and gradient, from `start`.
///
/// BFGS with a bisecting weak-Wolfe line search. Source: Nocedal and Wright (2006), "Numerical
/// Optimization", algorithm 6.1; line search: Lewis and Overton (2013), algorithm 2.6. Deterministic.
pub(crate) fn minimise<const N: usize>(
    start: [f64; N],
    objective: impl Fn(&[f64; N]) -> (f64, [f64; N]),
) -> Minimum<N> {
    let (value, gradient) = objective(&start);
    let mut current = Trial {
        point: start,
        value,
        gradient,
    };
    let mut inverse = identity::<N>();
    let mut fresh = true;
    let mut iterations = 0;
    while iterations < MOST_ITERATIONS
        && largest(&current.gradient) > GRADIENT_GOAL
        && largest(&current.point) < OUTERMOST
    {
        iterations += 1;
        let direction = times(&inverse, &current.gradient).map(|element| -element);
        let Some(next) = search_line(&current, &direction, &objective) else {
            if fresh {
                break;
            }
            // The curvature estimate misleads: fall back to steepest descent once.
            inverse = identity();
            fresh = true;
            continue;
        };
        update(&mut inverse, &current, &next, fresh);
        fresh = false;
        // Neither lower nor flatter: only rounding is left to follow.
        if next.value >= current.value && largest(&next.gradient) >= largest(&current.gradient) {
            break;
        }
        current = next;
    }
    Minimum {
        point: current.point,
        value: current.value,
        gradient: largest(&current.gradient),
        iterations,
    }
}

fn search_line<const N: usize>(
    from: &Trial<N>,
    direction: &[f64; N],
    objective: impl Fn(&[f64; N]) -> (f64, [f64; N]),
) -> Option<Trial<N>> {
    let descent = dot(&from.gradient, direction);
    if descent.is_nan() || descent >= 0.0 {
        return None;
    }
    let longest = LONGEST_MOVE / largest(direction);
    let (mut low, mut high) = (0.0, f64::INFINITY);
    let mut step = longest.min(1.0);
    // Near the minimum the differences drown in rounding; without this slack no step would count as progress.
    let rounding = 4.0 * f64::EPSILON * from.value.abs();
    let mut acceptable = None;
    for _ in 0..MOST_TRIALS {
        let point = std::array::from_fn(|i| from.point[i] + step * direction[i]);
        let (value, gradient) = objective(&point);
        if value.is_nan() || value > from.value + 1e-4 * step * descent + rounding {
            high = step;
        } else {
            let flat_enough = dot(&gradient, direction) >= 0.9 * descent;
            acceptable = Some(Trial {
                point,
                value,
                gradient,
            });
            if flat_enough || step >= longest {
                break;
            }
            low = step;
        }
        step = if high.is_finite() {
            f64::midpoint(low, high)
        } else {
            (2.0 * low).min(longest)
        };
    }
    acceptable
}

/// The BFGS update of the inverse Hessian.
fn update<const N: usize>(inverse: &mut [[f64; N]; N], from: &Trial<N>, to: &Trial<N>, fresh: bool) {
    let moved: [f64; N] = std::array::from_fn(|i| to.point[i] - from.point[i]);
    let turned: [f64; N] = std::array::from_fn(|i| to.gradient[i] - from.gradient[i]);
    let curvature = dot(&moved, &turned);
    if curvature.is_nan() || curvature <= 1e-14 * dot(&turned, &turned) {
        return;
    }
    if fresh {
        let scale = curvature / dot(&turned, &turned);
        *inverse = identity().map(|row: [f64; N]| row.map(|element| element * scale));
    }
    let image = times(inverse, &turned);
    let factor = (1.0 + dot(&turned, &image) / curvature) / curvature;
    for (i, row) in inverse.iter_mut().enumerate() {
        for (j, element) in row.iter_mut().enumerate() {
            *element +=
                factor * moved[i] * moved[j] - (image[i] * moved[j] + moved[i] * image[j]) / curvature;
        }
    }
}

fn identity<const N: usize>() -> [[f64; N]; N] {
    std::array::from_fn(|i| std::array::from_fn(|j| if i == j { 1.0 } else { 0.0 }))
}

fn times<const N: usize>(matrix: &[[f64; N]; N], vector: &[f64; N]) -> [f64; N] {
    std::array::from_fn(|i| dot(&matrix[i], vector))
}

fn dot<const N: usize>(left: &[f64; N], right: &[f64; N]) -> f64 {
    left.iter().zip(right).map(|(l, r)| l * r).sum()
}

/// Largest absolute element; infinite when an element is not a number.
fn largest<const N: usize>(vector: &[f64; N]) -> f64 {
    vector.iter().fold(0.0, |most: f64, element| {
        if element.is_nan() {
            f64::INFINITY
        } else {
            most.max(element.abs())
        }
    })
}
