# What the scripts share that install, configure and build. Read with `.`; needs $top, $build and $jobs.

build_packages="g++ cmake ninja-build pkg-config libxxhash-dev libcli11-dev nlohmann-json3-dev libzstd-dev"
check_packages="clang-14 libclang-rt-14-dev clang-format-14 clang-tidy-14 catch2 python3 zstd ccache valgrind"

# install_packages NAME...: through apt-get, as root or by sudo; does nothing where all are there.
install_packages() {
    local missing="" name as_root=""
    for name in "$@"; do
        dpkg-query -W -f='${Status}' "$name" 2>/dev/null | grep -q 'ok installed' || missing="$missing $name"
    done
    [ -n "$missing" ] || return 0
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || { echo "run as root, or install sudo; missing:$missing" >&2; return 1; }
        as_root=sudo
    fi
    # shellcheck disable=SC2086
    $as_root apt-get update -qq && $as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install -qq -y --no-install-recommends -o Dpkg::Use-Pty=0 $missing
}

# configure NAME OPTION...: into $build/NAME.
configure() {
    local name=$1 cache=""
    shift
    if command -v ccache >/dev/null; then
        cache="-DCMAKE_CXX_COMPILER_LAUNCHER=ccache"
        export CCACHE_SLOPPINESS=pch_defines,time_macros
    fi
    local log result=0
    log=$(mktemp)
    cmake -S "$top" -B "$build/$name" -G Ninja $cache "$@" >"$log" 2>&1 || { result=$?; cat "$log"; }
    rm -f "$log"
    return $result
}

# compile NAME [TARGET...]
compile() {
    local name=$1
    shift
    cmake --build "$build/$name" -j "$jobs" ${1:+--target "$@"}
}
