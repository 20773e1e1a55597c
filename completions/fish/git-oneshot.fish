# fish completion of `git oneshot` and `git-oneshot`.
#
# Installed as share/fish/vendor_completions.d/git-oneshot.fish. fish's own
# completion of git finds it from 3.6.1 on; for an older one, source this file
# in config.fish.

function __git_oneshot_complete
    set -l words (commandline -opc)
    set -l ask git-oneshot
    if test "$words[1]" = git
        # git -C folder and --git-dir count for us, too
        set -l place (contains -i -- oneshot $words)
        set ask $words[1..$place]
        set words $words[$place..]
    end
    set -lx COMP_CWORD (commandline -ct)
    set -lx COMP_WORDS (string join ' ' -- (string escape -- $words) "$COMP_CWORD")
    set -lx _GIT_ONESHOT_COMPLETE fish_complete
    # of --option=value the whole word is replaced
    set -l option (string match -r -- '^--[^=]*=' "$COMP_CWORD")
    for line in ($ask 2>/dev/null)
        set -l found (string split -m 1 , -- $line)
        switch $found[1]
            case plain
                echo "$option$found[2]"
            case file dir
                __fish_complete_path $COMP_CWORD
        end
    end
end

complete -c git-oneshot -f -a '(__git_oneshot_complete)'
complete -c git -f -n '__fish_git_using_command oneshot' -a '(__git_oneshot_complete)'
