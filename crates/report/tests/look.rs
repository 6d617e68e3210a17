mod samples;
#[test]
fn look() {
    println!("{}", ounce_report::body(&samples::six_boards()));
    println!("=====\n{}", ounce_report::body(&samples::broken()));
    println!("{}", ounce_report::check_title(&samples::six_boards()));
}
