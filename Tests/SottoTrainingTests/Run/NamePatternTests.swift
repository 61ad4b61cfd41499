import SottoTraining
import Testing

struct NamePatternTests {
    @Test(arguments: [
        ("test", "test", true), ("test", "tests", false), ("test", "", false), ("", "", true), ("*", "", true),
        ("*", "anything", true), ("_sysconfigdata*", "_sysconfigdata__linux_.py", true),
        ("_sysconfigdata*", "sysconfig.py", false), ("*.py", "a.py", true), ("*.py", "a.pyc", false),
        ("a*b*c", "abc", true), ("a*b*c", "a-b-b-c", true), ("a*b*c", "a-b-c-d", false), ("*aab", "aaab", true),
        ("**", "x", true), ("a*", "b", false), ("*ü*", "für", true), ("Test", "test", false), ("a.c", "abc", false),
    ])
    func matchesWholeNames(pattern: String, name: String, expected: Bool) {
        #expect(NamePattern(pattern).matches(name) == expected)
    }
}
