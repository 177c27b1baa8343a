# Sourced by .ci/run: a Docker engine for the tests, unless one answers already.

engine_pid=
engine_dir=

engine_answers() { timeout 5 docker version >/dev/null 2>&1; }

start_engine() {
    unset DOCKER_HOST DOCKER_CONTEXT
    if engine_answers; then
        echo "== engine: one answers already"
        return 0
    fi
    [ -n "$(ls -A /sys/fs/cgroup)" ] || cgroupfs-mount
    # The sandboxes have no network: where the kernel cannot give the engine a bridge, it does without.
    try_engine || try_engine --bridge=none --iptables=false
}

# A pid file and an exec root of its own: those of an engine that was killed would be in the way.
try_engine() {
    engine_dir=$(mktemp -d /run/chorus-ci.XXXXXX)
    dockerd --pidfile "$engine_dir/pid" --exec-root "$engine_dir/exec" "$@" >"$engine_dir/log" 2>&1 </dev/null &
    engine_pid=$!
    local tries
    for ((tries = 0; tries < 120; tries++)); do
        if engine_answers; then
            echo "== engine: started, pid $engine_pid"
            return 0
        fi
        kill -0 "$engine_pid" 2>/dev/null || break
        sleep 0.5
    done
    echo "== engine: dockerd $* does not answer"
    tail -n 20 "$engine_dir/log"
    stop_engine
    return 1
}

stop_engine() {
    [ -n "$engine_pid" ] || return 0
    kill "$engine_pid" 2>/dev/null
    local tries
    for ((tries = 0; tries < 100; tries++)); do
        kill -0 "$engine_pid" 2>/dev/null || break
        sleep 0.2
    done
    kill -9 "$engine_pid" 2>/dev/null
    wait "$engine_pid" 2>/dev/null
    engine_pid=
    rm -rf "$engine_dir"
}
