//! What is left of a name without its generic arguments: the same for all instances of one generic, and for the name under which their
//! rows are taken together.

/// A name without generic arguments: `a::b::<T>` and `a::b::<_>` → `a::b`, `a::Foo<_>::bar` → `a::Foo::bar`, `<a::B<T> as c::D<E>>::f` →
/// `<a::B as c::D>::f`. Brackets that name an implementation rather than arguments stay.
pub(super) fn without_arguments(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    // How deep in arguments.
    let mut depth = 0usize;
    let mut last = '\0';
    for (at, c) in name.char_indices() {
        match c {
            '<' if depth > 0 => depth += 1,
            '<' if opens_arguments(&out, &name[at..]) => {
                let kept = out.strip_suffix("::").map_or(out.len(), str::len);
                out.truncate(kept);
                depth = 1;
            }
            '>' if depth > 0 && !matches!(last, '-' | '=') => depth -= 1,
            _ if depth == 0 => out.push(c),
            _ => {}
        }
        last = c;
    }
    out
}

/// Whether the bracket at the start of `rest` is that of arguments to the name in `before`.
fn opens_arguments(before: &str, rest: &str) -> bool {
    let named = before.ends_with("::") || before.ends_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '}' | ')'));
    named && !before.ends_with("operator") && !rest.starts_with("<impl ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instances_of_one_generic_have_one_name() {
        let check = |name: &str, want: &str| assert_eq!(without_arguments(name), want, "{name}");
        check("main", "main");
        check("a::b::<u8>", "a::b");
        check("a::b::<_>", "a::b");
        check("a::b::<x::C<u8>, y::D>::{closure#0}", "a::b::{closure#0}");
        check("<a::Foo<u8>>::bar", "<a::Foo>::bar");
        check("a::Foo<_>::bar", "a::Foo::bar");
        check("<a::B<u8> as c::D<e::E<u16>>>::f::<g::G>", "<a::B as c::D>::f");
        check("a::b::<fn(u8) -> u16>", "a::b");
        check("core::num::<impl u32>::pow", "core::num::<impl u32>::pow");
        check("std::vector<int, std::allocator<int> >::push_back(int&&)", "std::vector::push_back(int&&)");
        check("operator<", "operator<");
        check("a<b", "a");
        check("a>b", "a>b");
        check("", "");
    }
}
