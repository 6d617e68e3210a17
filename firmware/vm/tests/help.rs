//! `help`, by what its lines are: MicroPython lists attributes in another order, and other modules.
#![cfg(feature = "full")]

mod common;

fn printed() -> String {
    common::run_script(include_bytes!("help/attributes.mpy"), |_| {})
}

/// The lines that follow the one that begins so, up to the next object.
fn below<'a>(text: &'a str, begin: &str) -> Vec<&'a str> {
    let mut lines = text.lines().skip_while(|line| !line.starts_with(begin));
    assert!(lines.next().is_some(), "no line begins with {begin}:\n{text}");
    lines.take_while(|line| line.starts_with(' ')).collect()
}

#[test]
fn an_objects_attributes_are_those_of_its_class_alone() {
    let text = printed();
    assert!(text.starts_with("help(object) or help('modules')\nobject 5 is of type int\n"), "{text}");
    for begin in ["object <class 'One'> is of type type", "object <One object> is of type One"] {
        let lines = below(&text, begin);
        assert!(lines.contains(&"  x -- 5") && lines.contains(&"  method -- <function method>"), "{text}");
    }
    let of_two = below(&text, "object <Two object> is of type Two");
    assert!(of_two.contains(&"  y -- [1, 'text']") && !of_two.contains(&"  x -- 5"), "{text}");
    assert!(below(&text, "object <module 'errno'> is of type module").contains(&"  ENOENT -- 2"), "{text}");
    assert!(below(&text, "object [] is of type list").iter().any(|line| line.starts_with("  append -- ")), "{text}");
}

#[test]
fn the_modules_there_are_come_one_in_a_line() {
    let text = printed();
    for module in ["asyncio", "errno", "machine", "math", "sys"] {
        assert!(text.lines().any(|line| line == module), "{module} is not there:\n{text}");
    }
    // Whatever was asked about before, nothing was raised.
    assert!(text.ends_with("\nmachine\n"), "{text}");
}
