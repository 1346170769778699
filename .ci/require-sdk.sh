# Sourced by the scripts of this repository: says in one line what is missing before MSBuild says it in forty.
# Expects $root, the repository's root folder.

export DOTNET_NOLOGO=1

require_sdk() {
    if ! command -v dotnet >/dev/null 2>&1; then
        echo "The .NET 10 SDK is needed, and no 'dotnet' is on PATH: install it (https://dot.net/download) and run this again." >&2
        exit 127
    fi
    # Only the SDK itself knows which of its versions satisfies global.json.
    if ! (cd "$root" && dotnet --version >/dev/null 2>&1); then
        echo "The .NET 10 SDK is needed; 'dotnet' found only: $(dotnet --list-sdks 2>/dev/null | cut -d' ' -f1 | paste -sd' ' -)." \
            "Install .NET 10 (https://dot.net/download) and run this again." >&2
        exit 127
    fi
}
