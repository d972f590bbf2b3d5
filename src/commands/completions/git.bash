
# Git's own completion calls this for `git service-hook …`: the same words without `git` and its options.
_git_service_hook() {
    local at=1
    while [[ $at -lt $COMP_CWORD && ${COMP_WORDS[at]} != service-hook ]]; do
        at=$((at + 1))
    done
    local -a COMP_WORDS=(git-service-hook "${COMP_WORDS[@]:at+1}")
    local COMP_CWORD=$((COMP_CWORD - at))
    _git__service__hook git-service-hook "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"
}
