package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"os"
	"path"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"github.com/satupintu/satupintu/sync/complaint"
)

// Bucket is where attachments lie on an S3-compatible server.
type Bucket struct {
	Name      string
	Prefix    string // before each file's name; may be empty
	Endpoint  string // https://host[:port] or http://…; empty: Amazon's
	Region    string // empty: the server is asked
	AccessKey string // empty, with SecretKey: the environment's, ~/.aws/credentials, or the machine's role
	SecretKey string
	Timeout   time.Duration // the longest one file may take
}

const amazon = "https://s3.amazonaws.com"

// bucket keeps files on an S3-compatible server. A file that is there already is not sent again. Each request is sent once:
// who calls again is whoever owns the retry.
type bucket struct {
	client  *minio.Client
	where   Bucket
	stopped func()
}

// OpenBucket opens a bucket of attachments. It asks the server nothing yet: a gateway starts also while the line is down.
func OpenBucket(where Bucket) (*Files, error) {
	if where.Endpoint == "" {
		where.Endpoint = amazon
	}
	at, err := url.Parse(where.Endpoint)
	if err != nil || at.Host == "" {
		return nil, errors.New("store.s3.endpoint: is not an address")
	}
	incoming := os.TempDir()
	transport := bucketTransport(where.Timeout)
	client, err := minio.New(at.Host, &minio.Options{
		Creds: where.account(), Secure: at.Scheme == "https", Region: where.Region, MaxRetries: 1, Transport: transport,
	})
	if err != nil {
		return nil, fmt.Errorf("store.files: %w", err)
	}
	client.SetAppInfo("satupintu", "1")
	return &Files{incoming, &bucket{client, where, transport.CloseIdleConnections}, make(chan struct{}, 1)}, nil
}

// bucketTransport bounds what a dead line may cost beside a request's own time.
func bucketTransport(timeout time.Duration) *http.Transport {
	return &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: 15 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		TLSHandshakeTimeout:   15 * time.Second,
		ResponseHeaderTimeout: timeout,
		MaxIdleConnsPerHost:   8,
		IdleConnTimeout:       90 * time.Second,
		ForceAttemptHTTP2:     true,
		DisableCompression:    true, // what lies there is what was sent
	}
}

func (b Bucket) account() *credentials.Credentials {
	if b.AccessKey != "" {
		return credentials.NewStaticV4(b.AccessKey, b.SecretKey, "")
	}
	return credentials.NewChainCredentials([]credentials.Provider{
		&credentials.EnvAWS{}, &credentials.FileAWSCredentials{}, &credentials.IAM{Client: &http.Client{Timeout: 10 * time.Second}},
	})
}

func (b *bucket) name(sum string) string { return path.Join(b.where.Prefix, sum[:2], sum) }

// Close ends idle connections.
func (f *Files) Close() error {
	if b, ok := f.shelf.(*bucket); ok {
		b.stopped()
	}
	return nil
}

func (b *bucket) keep(ctx context.Context, temp *os.File, a complaint.Attachment) error {
	ctx, cancel := context.WithTimeout(ctx, b.where.Timeout)
	defer cancel()
	there, err := b.client.StatObject(ctx, b.where.Name, b.name(a.SHA256), minio.StatObjectOptions{})
	switch {
	case err == nil && there.Size == a.Size:
		return nil
	case err != nil && !maybeAbsent(err):
		return b.explain(err)
	}
	if _, err := temp.Seek(0, io.SeekStart); err != nil {
		return err
	}
	_, err = b.client.PutObject(ctx, b.where.Name, b.name(a.SHA256), temp, a.Size, minio.PutObjectOptions{
		ContentType: a.Type, DisableMultipart: true, SendContentMd5: true, DisableContentSha256: true, // the MD5 is signed
	})
	return b.explain(err)
}

// maybeAbsent says that a file is not known to be there: a server answers 403 where the account may not list the bucket.
func maybeAbsent(err error) bool {
	status := minio.ToErrorResponse(err).StatusCode
	return status == http.StatusNotFound || status == http.StatusForbidden
}

// open fetches a file whole before it is handed out, so that a line that breaks does so before the platform is sent a part
// of it, and what the bucket made of it is compared with its name.
func (b *bucket) open(ctx context.Context, sum string) (io.ReadCloser, error) {
	ctx, cancel := context.WithTimeout(ctx, b.where.Timeout)
	defer cancel()
	object, err := b.client.GetObject(ctx, b.where.Name, b.name(sum), minio.GetObjectOptions{})
	if err != nil {
		return nil, b.explain(err)
	}
	defer object.Close()
	temp, err := os.CreateTemp("", incomingFile)
	if err != nil {
		return nil, fmt.Errorf("no room for a file of the bucket: %s", err) //nolint:errorlint // not %w: it is not the file that does not exist
	}
	_ = os.Remove(temp.Name()) // it lives on while it is open; where it cannot be removed, the sweep does
	whole := sha256.New()
	if _, err = io.Copy(io.MultiWriter(temp, whole), object); err != nil {
		err = b.explain(err)
	} else if hex.EncodeToString(whole.Sum(nil)) != sum {
		err = fmt.Errorf("the bucket's file %s is not what was put there: put it back, or remove it, and the complaint goes without it", sum)
	} else {
		_, err = temp.Seek(0, io.SeekStart)
	}
	if err != nil {
		return nil, errors.Join(err, temp.Close())
	}
	return temp, nil
}

// check puts the empty file, which is the same each time, and reads it back.
func (b *bucket) check(ctx context.Context) (string, error) {
	temp, err := os.CreateTemp("", incomingFile)
	if err != nil {
		return "", err
	}
	defer os.Remove(temp.Name())
	empty := complaint.Attachment{Type: "application/octet-stream", SHA256: hex.EncodeToString(sha256.New().Sum(nil))}
	err = errors.Join(b.keep(ctx, temp, empty), temp.Close())
	if err != nil {
		return "", fmt.Errorf("write to the bucket: %w", err)
	}
	back, err := b.open(ctx, empty.SHA256)
	if err != nil {
		return "", fmt.Errorf("read from the bucket: %w", err)
	}
	host := strings.TrimPrefix(strings.TrimPrefix(b.where.Endpoint, "https://"), "http://")
	return fmt.Sprintf("attachments lie in the bucket %s at %s; it can be written and read", b.where.Name, host), back.Close()
}

// explain says what an operator can do about a server's refusal. A file is gone only where the server itself says so: the
// client takes every 404 without an answer of the server's for that, also the page of a proxy whose server starts anew.
func (b *bucket) explain(err error) error {
	if err == nil {
		return nil
	}
	answer := minio.ToErrorResponse(err)
	itself := answer.XMLName.Local != "" // read from its answer; one that the client makes up has no name
	switch answer.Code {
	case minio.NoSuchKey:
		if !itself {
			return fmt.Errorf("the bucket %s: a 404 that is not the server's, but of something in front of it", b.where.Name)
		}
		return fmt.Errorf("the bucket %s does not have it: %w", b.where.Name, fs.ErrNotExist)
	case minio.NoSuchBucket:
		return fmt.Errorf("there is no bucket %s: make it, or correct store.files", b.where.Name)
	case minio.AccessDenied:
		return fmt.Errorf("the account may not do this in the bucket %s: let it get and put objects: %w", b.where.Name, err)
	case minio.InvalidAccessKeyID, minio.SignatureDoesNotMatch:
		return fmt.Errorf("the server does not know the account: see store.s3.access_key and secret_key: %w", err)
	case "AuthorizationHeaderMalformed", "PermanentRedirect":
		return fmt.Errorf("the bucket %s lies in another region: see store.s3.region: %w", b.where.Name, err)
	}
	if answer.Code != "" {
		err = fmt.Errorf("%s: %w", answer.Code, err)
	}
	return fmt.Errorf("the bucket %s: %w", b.where.Name, err)
}
