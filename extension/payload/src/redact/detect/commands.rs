//! The commands whose short options take passwords.

use super::command::{Command, Form};
use Form::{Cookies, Glued, GluedPair, Next, Pair};

pub(crate) static COMMANDS: &[Command] = &[
    c(
        "curl",
        &[
            ("-u", Pair),
            ("-u", GluedPair),
            ("--user", Pair),
            ("-U", Pair),
            ("--proxy-user", Pair),
            ("-b", Cookies),
            ("--cookie", Cookies),
        ],
    ),
    c("sshpass", &[("-p", Next), ("-p", Glued)]),
    c("mysql", &[("-p", Glued)]),
    c("mysqldump", &[("-p", Glued)]),
    c("mysqladmin", &[("-p", Glued)]),
    c("mariadb", &[("-p", Glued)]),
    c("mongo", &[("-p", Next)]),
    c("mongosh", &[("-p", Next)]),
    c("redis-cli", &[("-a", Next)]),
    c("docker login", &[("-p", Next)]),
    c("podman login", &[("-p", Next)]),
    c("registry login", &[("-p", Next)]),
    c("oc login", &[("-p", Next)]),
    c("az login", &[("-p", Next)]),
    c("twine upload", &[("-p", Next)]),
    c("ldapsearch", &[("-w", Next)]),
    c("ldapadd", &[("-w", Next)]),
    c("ldapmodify", &[("-w", Next)]),
    c("sqlcmd", &[("-P", Next)]),
    c("smbclient", &[("-U", Pair)]),
    c("ipmitool", &[("-P", Next)]),
    c("zip", &[("-P", Next)]),
    c("unzip", &[("-P", Next)]),
    c("7z", &[("-p", Glued)]),
    c("7za", &[("-p", Glued)]),
    c("ssh-keygen", &[("-N", Next), ("-P", Next)]),
    c("useradd", &[("-p", Next)]),
    c("usermod", &[("-p", Next)]),
    c("openssl enc", &[("-k", Next), ("-K", Next)]),
    c(
        "secret set",
        &[("-b", Next), ("-b", Glued), ("--body", Next)],
    ),
    c("http -a", &[("-a", Pair)]),
    c("xh -a", &[("-a", Pair)]),
    c("lftp", &[("-u", Pair)]),
    c("bcp", &[("-P", Next)]),
    c("doctl auth", &[("-t", Next)]),
    c("add-generic-password", &[("-w", Next)]),
    c("add-internet-password", &[("-w", Next)]),
    p("htpasswd -b", 3),
    p("htpasswd -bc", 3),
    p("htpasswd -cb", 3),
    p("htpasswd -nb", 2),
    p("rabbitmqctl add_user", 2),
    p("rabbitmqctl change_password", 2),
    p("vault login", 1),
    p("cargo login", 1),
    p("net user", 2),
    p("wpa_passphrase", 2),
    p("isql", 3),
    p("mc alias set", 4),
    p("activate-refresh-token", 2),
    p("poetry config pypi-token.pypi", 1),
    p("ConvertTo-SecureString", 1),
];

const fn c(name: &'static str, options: &'static [(&'static str, Form)]) -> Command {
    Command {
        name,
        options,
        position: 0,
    }
}

const fn p(name: &'static str, position: usize) -> Command {
    Command {
        name,
        options: &[],
        position,
    }
}
