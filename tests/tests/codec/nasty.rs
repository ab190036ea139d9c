//! The hand-written texts: escapes, digits, depths and counts at which a codec changes its ways.

/// Texts that a codec gets wrong. The server takes all of them.
pub fn nasty_texts() -> Vec<String> {
    let mut texts: Vec<String> = [
        // Scalars, empties, and nests of them.
        "null",
        "true",
        "false",
        r#""""#,
        "[]",
        "{}",
        "[[]]",
        "[{}]",
        r#"{"":{}}"#,
        "[[],{},[[]],[{}],null]",
        r#"{"":""}"#,
        r#"{"":{"":{"":[]}}}"#,
        r#"{"a":{},"b":[],"c":{"d":{},"e":[[],[]]}}"#,
        " \t\r\n[ 1 , 2 ] \n",
        // Numbers: signs, scales, exponents, and where numeric changes from short to long.
        "0",
        "-0",
        "-0.0",
        "0.0",
        "0.0000",
        "1.10",
        "1.100",
        "-1.50",
        "1e0",
        "1E5",
        "1e-5",
        "1.5e3",
        "12.34e-10",
        "1e400",
        "-1e400",
        "1e-400",
        "123e-2",
        "100",
        "1000",
        "10000",
        "100000000",
        "9999",
        "99990000",
        "0.0001",
        "0.00001",
        "0.99999999",
        "1e60",
        "1000000000000000000000000000000000000000000000000000000000000",
        "1e63",
        "1e64",
        "1e255",
        "1e256",
        "1e260",
        "0e10",
        "0e-10",
        "0.000e5",
        "9223372036854775807",
        "9223372036854775808",
        "-9223372036854775808",
        "18446744073709551616",
        "3.141592653589793238462643383279502884197",
        "1e131071",
        "0.1e-16382",
        "2.2250738585072014e-308",
        "1.7976931348623157e308",
        "5e-324",
        "0.000000000000000001",
        "1234567890123456789012345678901234567890.0987654321098765432109876543210",
        "1e+07",
        "10e-1",
        "0.10e1",
        "[0,-0,0.0,1.0,1.00,10,1e1,1E1,1e+1]",
        // Strings: every escape, the edges of UTF-8 and UTF-16, characters that only look special.
        r#""\"\\\/\b\f\n\r\t""#,
        r#""\u0001\u001f\u007f\u0080\u07ff\u0800\uffff""#,
        r#""\ud83d\ude00 \uD83D\uDE00""#,
        r#""\ud800\udc00\udbff\udfff""#,
        r#""\u2028\u2029\u00e9é😀""#,
        "\"\u{7f}\u{80}\u{7ff}\u{800}\u{ffff}\u{10000}\u{10ffff}\"",
        r#""\\u0000 \\ud83d""#,
        r#""⟦u00e9⟧ ⟦u""#,
        r#""\u27e6u ⟦ ⟧""#,
        "\"\u{feff}\"",
        r#""a\/b</script>""#,
        // Objects: order by length and then bytes, the last of equal keys wins.
        r#"{"b":1,"a":2,"aa":3,"":4,"B":5,"é":6,"ab":7}"#,
        r#"{"a":1,"a":2,"a":3}"#,
        r#"{"a":{"x":1},"b":0,"a":{"y":2}}"#,
        r#"{"\u0061":1,"a":2}"#,
        r#"{"aaa":1,"aa":2,"a":3,"aaa":4,"aa":5}"#,
        r#"{"é":1,"zz":2,"\u00e9":3}"#,
        r#"{"k":[],"k":{"k":[],"k":null}}"#,
        r#"{"a":"x","b":1.5,"c":"yy","d":2,"e":true,"f":null,"g":"zzz","h":[1.25]}"#,
        // Alignment: a number or a container behind strings of every length.
        r#"["",1,"a",1,"ab",1,"abc",1,"abcd",1,"abcde",[1],"abcdef",{"a":1},"abcdefg",[2.5]]"#,
        r#"{"a":1,"bb":[1],"ccc":{"d":1},"dddd":1.5,"eeeee":[[1]],"ffffff":{"":[]}}"#,
    ]
    .map(str::to_owned)
    .to_vec();
    // Depth, and the strides of 32 after which an entry holds an offset instead of a length.
    texts.push(format!("{}1{}", "[".repeat(200), "]".repeat(200)));
    texts.push(format!("{}{{}}{}", r#"{"k":"#.repeat(200), "}".repeat(200)));
    texts.push(format!(
        "{}0{}",
        r#"[{"a":"x","b":"#.repeat(100),
        "}]".repeat(100)
    ));
    for count in [31, 32, 33, 63, 64, 65, 97, 1000] {
        let numbers: Vec<String> = (0..count).map(|n| format!("{n}.50")).collect();
        let strings: Vec<String> = (0..count)
            .map(|n| format!(r#""{}""#, "s".repeat(n % 7)))
            .collect();
        let nulls = vec!["null"; count];
        let mixed: Vec<String> = (0..count)
            .map(|n| ["1", r#""ab""#, "[]", "null", r#"{"a":[0.5]}"#][n % 5].to_owned())
            .collect();
        let pairs: Vec<String> = (0..count)
            .map(|n| format!(r#""key{n}":{}"#, mixed[n]))
            .collect();
        let long_pairs: Vec<String> = (0..count)
            .map(|n| format!(r#""{}":{n}"#, "k".repeat(count - n)))
            .collect();
        texts.push(format!("[{}]", numbers.join(",")));
        texts.push(format!("[{}]", strings.join(",")));
        texts.push(format!("[{}]", nulls.join(",")));
        texts.push(format!("[{}]", mixed.join(",")));
        texts.push(format!("{{{}}}", pairs.join(",")));
        texts.push(format!("{{{}}}", long_pairs.join(",")));
        texts.push(format!(
            r#"{{"inner":[{}],"other":{{{}}}}}"#,
            mixed.join(","),
            pairs.join(",")
        ));
    }
    // Numbers of every length in base-10000 digits, and large strings.
    for digits in [3, 4, 5, 8, 9, 60, 61, 252, 253, 300, 5000] {
        texts.push(format!(
            "[{0},-{0},{0}.{0},0.{0},{0}0000]",
            "7".repeat(digits)
        ));
        texts.push(format!("1{}", "0".repeat(digits)));
        texts.push(format!("0.{}1", "0".repeat(digits)));
    }
    texts.push(format!(
        r#"{{"role":"tool","content":"{}"}}"#,
        "é😀 line\\n".repeat(20_000)
    ));
    texts.push(format!(
        r#"["{}",{{"n":[{}]}}]"#,
        "x".repeat(300_000),
        vec!["12345.678"; 20_000].join(",")
    ));
    // Something to redact, in every place where redaction looks.
    texts.extend(
        [
            r#"{"authorization":"Bearer abcdefghijklmnopqrstuvwxyz0123456789","total_tokens":12}"#,
            r#"{"arguments":"{\"password\": \"hunter2hunter2\", \"n\": 1.50}","to":["ada@example.com","bob@example.org"]}"#,
            r#"["postgres://u:secret-word@db.example.com/x","4111 1111 1111 1111",{"ada@example.com":{"a":1,"b":[1,2]}}]"#,
            r#""AKIAIOSFODNN7EXAMPLE and ada@example.com""#,
            r#"{"a@example.com":1,"b@example.com":2,"cc@example.com":3,"api_key":{"x":[1,{"y":2}]},"z":-0.0}"#,
        ]
        .map(str::to_owned),
    );
    texts
}
