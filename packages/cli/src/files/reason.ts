/** Why a file operation failed, for people, where the system's words do not say it. */
const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  EISDIR: "it is a directory",
  EACCES: "permission denied",
  EPERM: "the system does not permit it",
  ENOTDIR: "part of the path is not a directory",
  ENOSPC: "no space is left",
  EDQUOT: "the quota of the disk is used up",
  EFBIG: "it would be larger than files may be here",
  EROFS: "the file system is read-only",
  ENAMETOOLONG: "the name is too long",
  ELOOP: "its links lead in a circle",
  EIO: "the device failed",
  EMFILE: "too many files are open",
  ENXIO: "it is a socket, or a pipe that nothing reads",
  EPIPE: "its reader has gone",
};

export const reason = (error: unknown): string => {
  const { code, message } = error as NodeJS.ErrnoException;
  return REASONS[code ?? ""] ?? message;
};
