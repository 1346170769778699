# Sourced: reads the counts out of the report files that the test runners wrote. Nothing is counted from console text.

# attribute NAME FILE: the number in the attribute NAME of FILE's <assembly> element, 0 if there is none.
attribute() {
    local value
    value=$(grep -o -m1 '<assembly [^>]*>' "$2" 2>/dev/null | grep -o " $1=\"[0-9]*\"" | grep -o '[0-9]*' || true)
    echo "${value:-0}"
}

# count REPORT...: sets passed, failed and skipped to the sums over the xUnit reports. An error outside a test, such as a fixture that
# threw in its clean-up, is a failure.
count() {
    local report
    passed=0 failed=0 skipped=0
    for report in "$@"; do
        passed=$((passed + $(attribute passed "$report")))
        failed=$((failed + $(attribute failed "$report") + $(attribute errors "$report")))
        skipped=$((skipped + $(attribute skipped "$report")))
    done
}

# print_total FOLDER: the line that ends every run.
print_total() {
    count "$1"/*.xml
    echo "$passed passed, $failed failed, $skipped skipped"
}
