BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num TEXT NOT NULL, 
	CONSTRAINT pk_alembic_version PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0002');
CREATE TABLE collection (
	id INTEGER NOT NULL, 
	uri TEXT NOT NULL, 
	CONSTRAINT pk_collection PRIMARY KEY (id), 
	CONSTRAINT uq_collection_uri UNIQUE (uri)
);
INSERT INTO "collection" VALUES(1,'file:///data/photos');
CREATE TABLE combination (
	id INTEGER NOT NULL, 
	digest BLOB NOT NULL, 
	facts TEXT NOT NULL, 
	CONSTRAINT pk_combination PRIMARY KEY (id), 
	CONSTRAINT uq_combination_digest UNIQUE (digest)
);
INSERT INTO "combination" VALUES(1,X'51CD75B6CAEF5BA7D7652DE6A58E77E626AB9D921468F85ACB5EB8075B65EF03','[3,0,[]]');
INSERT INTO "combination" VALUES(2,X'8AB258F6FB7937DDBCDE5B13ED7FA2333F826FCCC894FF36F106AC5D8F4D189E','[4,0,[]]');
INSERT INTO "combination" VALUES(3,X'9F6B6DA0B962A391C40E10B9C206B43828769AC4D007E60F3E366CF6001E34F1','[5,0,[[6,18,18,[[1,3,1,0,18,0]]]]]');
INSERT INTO "combination" VALUES(4,X'E750BF4B892EB45FB73392210A8F18346005111AA73E748EFF1DF3E7070CA622','[7,0,[[8,9,9,[]]]]');
INSERT INTO "combination" VALUES(5,X'D2F55A60ED6D8480DB207A9FF5F676D4FD3D3D940221F06619A27909EB0D4475','[9,0,[[6,18,18,[[1,5,1,0,18,0]]]]]');
CREATE TABLE content (
	id INTEGER NOT NULL, 
	sha256 BLOB NOT NULL, 
	size BIGINT NOT NULL, 
	format TEXT, 
	width INTEGER, 
	height INTEGER, 
	frames INTEGER, 
	orientation SMALLINT, 
	problem TEXT, 
	problem_detail TEXT, 
	CONSTRAINT pk_content PRIMARY KEY (id), 
	CONSTRAINT uq_content_sha256 UNIQUE (sha256)
);
INSERT INTO "content" VALUES(1,X'FB54772B3057877DB47B26C8AABF7635B956552B7182E530E4F84C4E7D0A6BB2',18,'JPEG',NULL,NULL,NULL,NULL,'DAMAGED','Truncated File Read');
INSERT INTO "content" VALUES(2,X'B23D50EEA6372BC5D5283B8AA4DC35743A9FFED61F03584F374CF383BE295F11',5380,'PNG',64,48,1,NULL,NULL,NULL);
INSERT INTO "content" VALUES(3,X'CE8BF889D177EF35D2F7918445C7C0BD0066AE8B5BE01ABA8FE07CEA64A77BD1',5363,'PNG',64,48,1,NULL,NULL,NULL);
INSERT INTO "content" VALUES(4,X'85F4286656B7316EA499D19A833CE2ED9C70CB96C88C65F80EFEC93DC047C4A5',5570,'PNG',64,48,1,NULL,NULL,NULL);
INSERT INTO "content" VALUES(5,X'87D908F1207F5AED96E4AF0DD91D32EDD1A7D1BAF88C7BEBB804D1E8A171209F',5222,'PNG',64,48,1,NULL,NULL,NULL);
CREATE TABLE declaration (
	id INTEGER NOT NULL, 
	digest BLOB NOT NULL, 
	file TEXT NOT NULL, 
	line BIGINT NOT NULL, 
	"row" TEXT NOT NULL, 
	CONSTRAINT pk_declaration PRIMARY KEY (id)
);
INSERT INTO "declaration" VALUES(1,X'C33984DC08D7921EB9601413E5302F8E59C86D85F23E7DA9D252B4FE48C6DDEE','manifest.jsonl',5,'{"access_state":"PUBLIC","acquired_at":"2026-06-01T10:00:00Z","acquisition_method":"LICENSED","file_name":"broken.jpg","jurisdictions":["CA"],"licence":"CC0-1.0","page_url":"https://photos.example/1001","persons_determined_by":{"at":"2026-06-02T10:00:00Z","method":"reviewer","reviewer":"AB"},"persons_status":"NONE","source_url":"https://photos.example/1001.jpg"}');
INSERT INTO "declaration" VALUES(2,X'993BB88ECABCA8F702B640B5181D792F3395A14C6156769F6EF60F8DF9766A3A','manifest.jsonl',1,'{"access_state":"PUBLIC","acquired_at":"2026-06-01T10:00:00Z","acquisition_method":"LICENSED","file_name":"clear.png","jurisdictions":["CA"],"licence":"CC0-1.0","page_url":"https://photos.example/1001","persons_determined_by":{"at":"2026-06-02T10:00:00Z","method":"reviewer","reviewer":"AB"},"persons_status":"NONE","source_url":"https://photos.example/1001.jpg"}');
INSERT INTO "declaration" VALUES(3,X'95EC3A5C23F1379E25D54FFD8750B963466A7A12933BE82BD5A324D063C4F760','manifest.jsonl',2,'{"access_state":"PUBLIC","acquired_at":"2026-06-01T10:00:00Z","acquisition_method":"LICENSED","file_name":"person.png","jurisdictions":["CA"],"licence":"CC0-1.0","page_url":"https://photos.example/1001","persons":[{"age":35,"age_status":"ADULT_VERIFIED","identifiable":true,"jurisdictions":["CA"],"ref":"p1"}],"persons_status":"PRESENT","source_url":"https://photos.example/1001.jpg"}');
INSERT INTO "declaration" VALUES(4,X'8905986D7F0A15C346D9B6A83F9C15005A9B230ACF9BC499B85994A0B2916C56','manifest.jsonl',4,'{"access_state":"PUBLIC","acquired_at":"2026-06-01T10:00:00Z","acquisition_method":"LICENSED","file_name":"sub/minor.png","jurisdictions":["CA"],"page_url":"https://photos.example/1001","persons":[{"age":9,"identifiable":true,"jurisdictions":["CA"],"ref":"p3"}],"persons_status":"PRESENT","source_url":"https://photos.example/1001.jpg"}');
INSERT INTO "declaration" VALUES(5,X'D3D577B690BA3B87BA630814E0E40EC96255EFB9E24FD756ECBF42D8F6DEF0B5','manifest.jsonl',3,'{"access_state":"PUBLIC","acquired_at":"2026-06-01T10:00:00Z","acquisition_method":"LICENSED","file_name":"withdrawn.png","jurisdictions":["CA"],"licence":"CC0-1.0","page_url":"https://photos.example/1001","persons":[{"age":35,"age_status":"ADULT_VERIFIED","identifiable":true,"jurisdictions":["CA"],"ref":"p2"}],"persons_status":"PRESENT","source_url":"https://photos.example/1001.jpg"}');
INSERT INTO "declaration" VALUES(6,X'952474272DAC41F483ECC5F0178DA842CC2708AAF59201F96CBBC9E79913F25A','manifest.jsonl',1,'{"access_state":"PUBLIC","acquired_at":"2026-06-01T10:00:00Z","acquisition_method":"LICENSED","file_name":"clear.png","jurisdictions":["CA"],"licence":"CC-BY-4.0","page_url":"https://photos.example/1001","persons_determined_by":{"at":"2026-06-02T10:00:00Z","method":"reviewer","reviewer":"AB"},"persons_status":"NONE","source_url":"https://photos.example/1001.jpg"}');
CREATE TABLE depiction (
	item_id INTEGER NOT NULL, 
	ordinal INTEGER NOT NULL, 
	person_id INTEGER, 
	profile_id INTEGER NOT NULL, 
	age SMALLINT, 
	born_on INTEGER, 
	CONSTRAINT pk_depiction PRIMARY KEY (item_id, ordinal), 
	CONSTRAINT fk_depiction_item_id FOREIGN KEY(item_id) REFERENCES item (id), 
	CONSTRAINT fk_depiction_person_id FOREIGN KEY(person_id) REFERENCES person (id), 
	CONSTRAINT fk_depiction_profile_id FOREIGN KEY(profile_id) REFERENCES profile (id)
)
 WITHOUT ROWID

;
INSERT INTO "depiction" VALUES(3,0,1,6,35,NULL);
INSERT INTO "depiction" VALUES(4,0,3,8,9,NULL);
INSERT INTO "depiction" VALUES(5,0,2,6,35,NULL);
CREATE TABLE dirty (
	item_id INTEGER NOT NULL, 
	collection_id INTEGER NOT NULL, 
	CONSTRAINT pk_dirty PRIMARY KEY (item_id), 
	CONSTRAINT fk_dirty_item_id FOREIGN KEY(item_id) REFERENCES item (id)
);
CREATE TABLE event (
	record_id TEXT NOT NULL, 
	at BIGINT NOT NULL, 
	state TEXT NOT NULL, 
	expires_at BIGINT NOT NULL, 
	file TEXT NOT NULL, 
	line BIGINT NOT NULL, 
	CONSTRAINT pk_event PRIMARY KEY (record_id, at, state, expires_at)
)
 WITHOUT ROWID

;
INSERT INTO "event" VALUES('R-1',1779267600000000,'GIVEN',4611686018427387904,'records.jsonl',1);
INSERT INTO "event" VALUES('R-2',1779267600000000,'GIVEN',4611686018427387904,'records.jsonl',2);
INSERT INTO "event" VALUES('R-2',1788253200000000,'WITHDRAWN',4611686018427387904,'records.jsonl',2);
INSERT INTO "event" VALUES('R-3',1779267600000000,'GIVEN',4611686018427387904,'records.jsonl',3);
CREATE TABLE evidence (
	id INTEGER NOT NULL, 
	uri TEXT NOT NULL, 
	path TEXT NOT NULL, 
	sha256 BLOB NOT NULL, 
	state TEXT NOT NULL, 
	seen TEXT NOT NULL, 
	CONSTRAINT pk_evidence PRIMARY KEY (id), 
	CONSTRAINT uq_evidence_path_uri_sha256 UNIQUE (path, uri, sha256)
);
INSERT INTO "evidence" VALUES(1,'release.pdf','/data/release.pdf',X'4BACB3719F88C4C0EA407B3661638C43B43F844D5259B0EE30E9DFB39362C263','MATCHES','65024:2149729:11:1795677619412536781:1795677619412536781');
CREATE TABLE fingerprint (
	content_id INTEGER NOT NULL, 
	algorithm TEXT NOT NULL, 
	value BLOB NOT NULL, 
	quality SMALLINT NOT NULL, 
	decoder TEXT NOT NULL, 
	path TEXT NOT NULL, 
	CONSTRAINT pk_fingerprint PRIMARY KEY (content_id, algorithm), 
	CONSTRAINT fk_fingerprint_content_id FOREIGN KEY(content_id) REFERENCES content (id)
);
INSERT INTO "fingerprint" VALUES(2,'phash256-draft@1',X'DE430E46B709E78DDD236A55005695A922DE18F2C8D26729D506676BB70AE7AE',75,'pillow 13.0.0','full');
INSERT INTO "fingerprint" VALUES(3,'phash256-draft@1',X'CA5545AFD39A9A52E916C13C1C473E4316EB652D2867DA1DEB86C33CDA0A9A59',75,'pillow 13.0.0','full');
INSERT INTO "fingerprint" VALUES(4,'phash256-draft@1',X'B0F9F931B39AEB1494EAC4ED2F8E3B116B151461CEEEC0019FCCC801B38AFBC3',75,'pillow 13.0.0','full');
INSERT INTO "fingerprint" VALUES(5,'phash256-draft@1',X'D5AA7319B1BAAC642E87E5BDAABD1A52D17A531B0605A0842EADE5557DE48C4E',75,'pillow 13.0.0','full');
CREATE TABLE gate (
	id INTEGER NOT NULL, 
	ruling_set BLOB NOT NULL, 
	context TEXT NOT NULL, 
	as_of BIGINT NOT NULL, 
	collections TEXT NOT NULL, 
	counts TEXT NOT NULL, 
	finished_at BIGINT NOT NULL, 
	CONSTRAINT pk_gate PRIMARY KEY (id)
);
INSERT INTO "gate" VALUES(1,X'7CECF3434613C20E0AE06E64506CF6D0341F8BF98BD39E88F73F2096A2F345D4','{"as_of":"2026-11-20T12:00:00+00:00","controller_established_in":[],"face_templates":{"declarations":{},"derived":false,"identify":false},"offered_in":[],"purpose":"MODEL_TRAINING","recipients":[],"strict":false}',1795176000000000,'["file:///data/photos"]','{"ALLOW": 2, "BLOCK": 3}',1795677619942385);
INSERT INTO "gate" VALUES(2,X'7CECF3434613C20E0AE06E64506CF6D0341F8BF98BD39E88F73F2096A2F345D4','{"as_of":"2026-11-20T12:00:00+00:00","controller_established_in":[],"face_templates":{"declarations":{},"derived":false,"identify":false},"offered_in":[],"purpose":"MODEL_TRAINING","recipients":[],"strict":false}',1795176000000000,'["file:///data/photos"]','{"ALLOW": 2, "BLOCK": 2}',1795677620061799);
CREATE TABLE hash_chunk (
	list_id INTEGER NOT NULL, 
	ordinal INTEGER NOT NULL, 
	first BLOB NOT NULL, 
	hashes BLOB NOT NULL, 
	lines BLOB NOT NULL, 
	qualities BLOB NOT NULL, 
	CONSTRAINT pk_hash_chunk PRIMARY KEY (list_id, ordinal), 
	CONSTRAINT fk_hash_chunk_list_id FOREIGN KEY(list_id) REFERENCES hash_list (id)
);
INSERT INTO "hash_chunk" VALUES(1,0,X'85F4286656B7316EA499D19A833CE2ED9C70CB96C88C65F80EFEC93DC047C4A5',X'85F4286656B7316EA499D19A833CE2ED9C70CB96C88C65F80EFEC93DC047C4A5',X'0100000000000000',X'FF');
CREATE TABLE hash_list (
	id INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	aim TEXT NOT NULL, 
	radius SMALLINT NOT NULL, 
	file TEXT NOT NULL, 
	digest BLOB NOT NULL, 
	entries BIGINT NOT NULL, 
	flat BIGINT NOT NULL, 
	added_at BIGINT NOT NULL, 
	current BOOLEAN NOT NULL, 
	CONSTRAINT pk_hash_list PRIMARY KEY (id)
);
INSERT INTO "hash_list" VALUES(1,'list.txt','sha256','suppression',0,'list.txt',X'A6B2FB6B9F2497168EF79381E2818F818823B049A942ECB5F3E30D3E1330FFEF',1,0,1795677619871273,1);
CREATE TABLE item (
	id INTEGER NOT NULL, 
	collection_id INTEGER NOT NULL, 
	scan_id INTEGER NOT NULL, 
	"key" BLOB NOT NULL, 
	size BIGINT NOT NULL, 
	modified_ns BIGINT NOT NULL, 
	content_id INTEGER, 
	problem TEXT, 
	problem_detail TEXT, 
	source_url TEXT, 
	declaration_id INTEGER, 
	bytes_match BOOLEAN NOT NULL, 
	profile_id INTEGER NOT NULL, 
	acquired_at BIGINT, 
	acquired_on INTEGER, 
	licence_ends_at BIGINT, 
	persons INTEGER NOT NULL, 
	position BIGINT, 
	current BOOLEAN NOT NULL, 
	CONSTRAINT pk_item PRIMARY KEY (id), 
	CONSTRAINT fk_item_collection_id FOREIGN KEY(collection_id) REFERENCES collection (id), 
	CONSTRAINT fk_item_scan_id FOREIGN KEY(scan_id) REFERENCES scan (id), 
	CONSTRAINT fk_item_content_id FOREIGN KEY(content_id) REFERENCES content (id), 
	CONSTRAINT fk_item_declaration_id FOREIGN KEY(declaration_id) REFERENCES declaration (id), 
	CONSTRAINT fk_item_profile_id FOREIGN KEY(profile_id) REFERENCES profile (id)
);
INSERT INTO "item" VALUES(1,1,1,X'62726F6B656E2E6A7067',18,1795677619412197835,1,NULL,NULL,'https://photos.example/1001.jpg',1,1,3,1780308000000000,20260601,NULL,0,4,0);
INSERT INTO "item" VALUES(2,1,1,X'636C6561722E706E67',5380,1795677619405484072,2,NULL,NULL,'https://photos.example/1001.jpg',2,1,4,1780308000000000,20260601,NULL,0,0,0);
INSERT INTO "item" VALUES(3,1,1,X'706572736F6E2E706E67',5363,1795677619406305798,3,NULL,NULL,'https://photos.example/1001.jpg',3,1,5,1780308000000000,20260601,NULL,1,1,1);
INSERT INTO "item" VALUES(4,1,1,X'7375622F6D696E6F722E706E67',5570,1795677619411853382,4,NULL,NULL,'https://photos.example/1001.jpg',4,1,7,1780308000000000,20260601,NULL,1,3,1);
INSERT INTO "item" VALUES(5,1,1,X'77697468647261776E2E706E67',5222,1795677619411129442,5,NULL,NULL,'https://photos.example/1001.jpg',5,1,9,1780308000000000,20260601,NULL,1,2,1);
INSERT INTO "item" VALUES(6,1,2,X'636C6561722E706E67',5380,1795677619405484072,2,NULL,NULL,'https://photos.example/1001.jpg',6,1,4,1780308000000000,20260601,NULL,0,0,1);
CREATE TABLE item_facts (
	item_id INTEGER NOT NULL, 
	collection_id INTEGER NOT NULL, 
	combination_id INTEGER NOT NULL, 
	valid_from BIGINT NOT NULL, 
	valid_until BIGINT NOT NULL, 
	CONSTRAINT pk_item_facts PRIMARY KEY (item_id), 
	CONSTRAINT fk_item_facts_item_id FOREIGN KEY(item_id) REFERENCES item (id)
);
INSERT INTO "item_facts" VALUES(3,1,3,1795132800000000,4611686018427387904);
INSERT INTO "item_facts" VALUES(4,1,4,1795132800000000,1795219200000000);
INSERT INTO "item_facts" VALUES(5,1,5,1795132800000000,4611686018427387904);
INSERT INTO "item_facts" VALUES(6,1,2,-4611686018427387904,4611686018427387904);
CREATE TABLE likeness (
	item_id INTEGER NOT NULL, 
	group_id INTEGER NOT NULL, 
	"conflict" BOOLEAN NOT NULL, 
	CONSTRAINT pk_likeness PRIMARY KEY (item_id), 
	CONSTRAINT fk_likeness_item_id FOREIGN KEY(item_id) REFERENCES item (id)
);
CREATE TABLE list_end (
	list_id INTEGER NOT NULL, 
	at BIGINT NOT NULL, 
	successor_id INTEGER, 
	CONSTRAINT pk_list_end PRIMARY KEY (list_id), 
	CONSTRAINT fk_list_end_list_id FOREIGN KEY(list_id) REFERENCES hash_list (id), 
	CONSTRAINT fk_list_end_successor_id FOREIGN KEY(successor_id) REFERENCES hash_list (id)
);
CREATE TABLE listed (
	list_id INTEGER NOT NULL, 
	content_id INTEGER NOT NULL, 
	line BIGINT NOT NULL, 
	distance SMALLINT NOT NULL, 
	CONSTRAINT pk_listed PRIMARY KEY (list_id, content_id), 
	CONSTRAINT fk_listed_list_id FOREIGN KEY(list_id) REFERENCES hash_list (id), 
	CONSTRAINT fk_listed_content_id FOREIGN KEY(content_id) REFERENCES content (id)
)
 WITHOUT ROWID

;
INSERT INTO "listed" VALUES(1,4,1,0);
CREATE TABLE person (
	id INTEGER NOT NULL, 
	ref TEXT NOT NULL, 
	CONSTRAINT pk_person PRIMARY KEY (id), 
	CONSTRAINT uq_person_ref UNIQUE (ref)
);
INSERT INTO "person" VALUES(1,'p1');
INSERT INTO "person" VALUES(2,'p2');
INSERT INTO "person" VALUES(3,'p3');
CREATE TABLE profile (
	id INTEGER NOT NULL, 
	digest BLOB NOT NULL, 
	kind TEXT NOT NULL, 
	facts TEXT NOT NULL, 
	CONSTRAINT pk_profile PRIMARY KEY (id), 
	CONSTRAINT uq_profile_digest UNIQUE (digest)
);
INSERT INTO "profile" VALUES(1,X'98540FD9046CE1BC99AA72B689A569AB82F5AF4648AA710AAB577E42102728B9','record','{"basis":"EXPLICIT_CONSENT","purposes":["MODEL_TRAINING"],"evidence_kind":"MODEL_RELEASE","notice_version":true,"form":"EXPRESS","giver":"SELF"}');
INSERT INTO "profile" VALUES(2,X'DDC5A1A6657D28257D53C3A31F2EAB74E02BD39299B7C9210678CAD675751915','record','{"basis":"EXPLICIT_CONSENT","purposes":["WEBSITE_DISPLAY"],"evidence_kind":"MODEL_RELEASE","notice_version":true,"form":"EXPRESS","giver":"SELF"}');
INSERT INTO "profile" VALUES(3,X'08EFFDB8ACBAC15FE7C81887DF0DFD28E74E1509993B469F0A790AE090DB4DDD','item','{"readable":false,"source_recorded":true,"acquired_recorded":true,"acquisition_method":"LICENSED","licence":"PERMISSIVE","persons_status":"NONE","persons_reviewer":true,"jurisdictions":["CA"],"signals":{"unreadable":true}}');
INSERT INTO "profile" VALUES(4,X'501DC8943617B5BB504A766304ABCD47A533E38FD3F03363494960ED1ABE26A5','item','{"source_recorded":true,"acquired_recorded":true,"acquisition_method":"LICENSED","licence":"PERMISSIVE","persons_status":"NONE","persons_reviewer":true,"jurisdictions":["CA"]}');
INSERT INTO "profile" VALUES(5,X'DF7404EBF86A768731995BD20D2C1074B4946BFD4E67497A213D8F51C69FFCC1','item','{"source_recorded":true,"acquired_recorded":true,"acquisition_method":"LICENSED","licence":"PERMISSIVE","persons_status":"PRESENT","jurisdictions":["CA"],"signals":{"person_shown":true}}');
INSERT INTO "profile" VALUES(6,X'5851A8F6E784B4DAD8E6C451A00491B4BC6ABDA6E0C3EE5904DB973DC7E9DD40','person','{"identifiable":true,"age_status":"ADULT_VERIFIED","jurisdictions":["CA"]}');
INSERT INTO "profile" VALUES(7,X'08D704D99FAF14F4BD4673A6EAFD201896B37519FBB236F3BAF210757BF640DD','item','{"source_recorded":true,"acquired_recorded":true,"acquisition_method":"LICENSED","persons_status":"PRESENT","jurisdictions":["CA"]}');
INSERT INTO "profile" VALUES(8,X'386EC621D9C028E723BAEEEC75A031E751C1CC82D2915953D7A2BC90C08BA535','person','{"identifiable":true,"jurisdictions":["CA"]}');
INSERT INTO "profile" VALUES(9,X'04994320E4CFEA9AB65435B2E845BD73CD1E2DC429BE3F87B1CFBA69B427D40D','item','{"source_recorded":true,"acquired_recorded":true,"acquisition_method":"LICENSED","licence":"PERMISSIVE","persons_status":"PRESENT","jurisdictions":["CA"]}');
CREATE TABLE reach (
	item_id INTEGER NOT NULL, 
	record INTEGER NOT NULL, 
	CONSTRAINT pk_reach PRIMARY KEY (item_id, record), 
	CONSTRAINT fk_reach_item_id FOREIGN KEY(item_id) REFERENCES item (id), 
	CONSTRAINT fk_reach_record FOREIGN KEY(record) REFERENCES record (id)
)
 WITHOUT ROWID

;
CREATE TABLE record (
	id INTEGER NOT NULL, 
	record_id TEXT NOT NULL, 
	person_id INTEGER NOT NULL, 
	profile_id INTEGER NOT NULL, 
	evidence_id INTEGER, 
	scoped BOOLEAN NOT NULL, 
	digest BLOB NOT NULL, 
	file TEXT NOT NULL, 
	line BIGINT NOT NULL, 
	header TEXT NOT NULL, 
	current BOOLEAN NOT NULL, 
	CONSTRAINT pk_record PRIMARY KEY (id), 
	CONSTRAINT fk_record_person_id FOREIGN KEY(person_id) REFERENCES person (id), 
	CONSTRAINT fk_record_profile_id FOREIGN KEY(profile_id) REFERENCES profile (id), 
	CONSTRAINT fk_record_evidence_id FOREIGN KEY(evidence_id) REFERENCES evidence (id)
);
INSERT INTO "record" VALUES(1,'R-1',1,1,1,0,X'88F00B6B8E5A8E46EF18DE931A948736F621C216C1DB926F91036F8F3F0DB73F','records.jsonl',1,'{"basis":"EXPLICIT_CONSENT","evidence":{"kind":"MODEL_RELEASE","sha256":"4bacb3719f88c4c0ea407b3661638c43b43f844d5259b0ee30e9dfb39362c263","uri":"release.pdf"},"form":"EXPRESS","given_by":{"role":"SELF"},"notice_version":"v3","person":"p1","purposes":["MODEL_TRAINING"],"record_id":"R-1"}',1);
INSERT INTO "record" VALUES(2,'R-2',2,1,1,0,X'0D2ECB368EB0FA12BE20C9811A218E97F8D1E4AB836A9444A758A2E2DF4C4E21','records.jsonl',2,'{"basis":"EXPLICIT_CONSENT","evidence":{"kind":"MODEL_RELEASE","sha256":"4bacb3719f88c4c0ea407b3661638c43b43f844d5259b0ee30e9dfb39362c263","uri":"release.pdf"},"form":"EXPRESS","given_by":{"role":"SELF"},"notice_version":"v3","person":"p2","purposes":["MODEL_TRAINING"],"record_id":"R-2"}',1);
INSERT INTO "record" VALUES(3,'R-3',1,2,1,1,X'1FCB2D8B7E5F9165F8CAED78A359108715A63410389981C03A5AADD414390E35','records.jsonl',3,'{"basis":"EXPLICIT_CONSENT","evidence":{"kind":"MODEL_RELEASE","sha256":"4bacb3719f88c4c0ea407b3661638c43b43f844d5259b0ee30e9dfb39362c263","uri":"release.pdf"},"form":"EXPRESS","given_by":{"role":"SELF"},"items":["sub/minor.png"],"notice_version":"v3","person":"p1","purposes":["WEBSITE_DISPLAY"],"record_id":"R-3"}',1);
CREATE TABLE review (
	id INTEGER NOT NULL, 
	finding TEXT NOT NULL, 
	decision TEXT NOT NULL, 
	reviewer TEXT NOT NULL, 
	at BIGINT NOT NULL, 
	expires_on INTEGER NOT NULL, 
	reason TEXT NOT NULL, 
	ticket TEXT NOT NULL, 
	file TEXT NOT NULL, 
	line BIGINT NOT NULL, 
	CONSTRAINT pk_review PRIMARY KEY (id)
);
INSERT INTO "review" VALUES(1,'513c2889cf8c7d75abc94780530b0be4','BLOCK','AB',1795082400000000,20270518,'no licence','','review.csv',2);
CREATE TABLE ruling (
	ruling_set BLOB NOT NULL, 
	combination_id INTEGER NOT NULL, 
	decision SMALLINT NOT NULL, 
	reason SMALLINT NOT NULL, 
	findings TEXT NOT NULL, 
	CONSTRAINT pk_ruling PRIMARY KEY (ruling_set, combination_id), 
	CONSTRAINT fk_ruling_combination_id FOREIGN KEY(combination_id) REFERENCES combination (id)
);
INSERT INTO "ruling" VALUES(X'7CECF3434613C20E0AE06E64506CF6D0341F8BF98BD39E88F73F2096A2F345D4',1,4,6,'[["IMAGE_UNREADABLE",6,"BLOCK",null,null,"The bytes cannot be decoded, so nobody can tell what they show or find copies of it.","fail closed: GDPR Art. 5(1)(d), 5(2)"],["SIGNALS_UNREADABLE",19,"REVIEW",null,null,"Metadata, a manifest or a captured page is there but could not be read whole; it may hold a refusal.","fail closed: what cannot be read is not a permission"],["NO_PERSON_DEPICTED",21,"ALLOW",null,null,"No real person is shown, and it is recorded who or what decided that.","GDPR Art. 4(1), recital 26"]]');
INSERT INTO "ruling" VALUES(X'7CECF3434613C20E0AE06E64506CF6D0341F8BF98BD39E88F73F2096A2F345D4',2,1,21,'[["NO_PERSON_DEPICTED",21,"ALLOW",null,null,"No real person is shown, and it is recorded who or what decided that.","GDPR Art. 4(1), recital 26"]]');
INSERT INTO "ruling" VALUES(X'7CECF3434613C20E0AE06E64506CF6D0341F8BF98BD39E88F73F2096A2F345D4',3,1,99,'[["LAWFUL_BASIS_VERIFIED",99,"ALLOW","CA",0,"EXPLICIT_CONSENT is recognised, evidenced, in scope, in date and not withdrawn (Canada (federal)).","PIPEDA s. 6.1, Sch. 1 cl. 4.3, 4.3.4, 4.3.6"]]');
INSERT INTO "ruling" VALUES(X'7CECF3434613C20E0AE06E64506CF6D0341F8BF98BD39E88F73F2096A2F345D4',4,4,30,'[["BASIS_MISSING",30,"BLOCK","CA",0,"A person can be identified and no basis for using their image is in effect (Canada (federal)).","PIPEDA s. 6.1, Sch. 1 cl. 4.3, 4.3.4, 4.3.6"],["MINOR_GUARDIAN_CONSENT_REQUIRED",60,"BLOCK","CA",0,"A minor is shown; nobody under 13 consents alone, and no other basis is taken for a minor (Canada (federal)).","OPC Guidelines for obtaining meaningful consent; PIPEDA Sch. 1 cl. 4.3 note, 4.3.6 (not verified)"],["PARTIAL_BASIS_COVERAGE",80,"BLOCK",null,null,"Fewer people have a valid basis than can be identified in the image.","PIPEDA Sch. 1 cl. 4.3; GDPR Art. 6(1): personal information belongs to each person"],["LICENCE_MISSING",91,"REVIEW",null,null,"No copyright licence is recorded.","Regulation (EU) 2024/1689 Art. 53(1)(c); Cal. Civ. Code 3111(a)(5)-(6)"]]');
INSERT INTO "ruling" VALUES(X'7CECF3434613C20E0AE06E64506CF6D0341F8BF98BD39E88F73F2096A2F345D4',5,4,43,'[["CONSENT_WITHDRAWN",43,"BLOCK","CA",0,"The EXPLICIT_CONSENT was withdrawn or revoked before the gate''s clock.","PIPEDA Sch. 1 cl. 4.3.8"],["PARTIAL_BASIS_COVERAGE",80,"BLOCK",null,null,"Fewer people have a valid basis than can be identified in the image.","PIPEDA Sch. 1 cl. 4.3; GDPR Art. 6(1): personal information belongs to each person"]]');
CREATE TABLE scan (
	id INTEGER NOT NULL, 
	collection_id INTEGER NOT NULL, 
	inputs BLOB NOT NULL, 
	software TEXT NOT NULL, 
	started_at BIGINT NOT NULL, 
	finished_at BIGINT, 
	CONSTRAINT pk_scan PRIMARY KEY (id), 
	CONSTRAINT fk_scan_collection_id FOREIGN KEY(collection_id) REFERENCES collection (id)
);
INSERT INTO "scan" VALUES(1,1,X'8C923C1AEB7348D3454B6D1432344AEDFB7F0EB4D952D81F1C4DBAF6FC6A0386','0.1.0',1795677619537477,1795677619853316);
INSERT INTO "scan" VALUES(2,1,X'2271BBF4F25B6558AF48BF2767D39790DABA01B2F407DF19AFAEBF43DF0E8515','0.1.0',1795677619975820,1795677620016747);
CREATE TABLE scope (
	record INTEGER NOT NULL, 
	kind TEXT NOT NULL, 
	value TEXT NOT NULL, 
	CONSTRAINT pk_scope PRIMARY KEY (record, kind, value), 
	CONSTRAINT fk_scope_record FOREIGN KEY(record) REFERENCES record (id)
)
 WITHOUT ROWID

;
INSERT INTO "scope" VALUES(3,'item','sub/minor.png');
CREATE TABLE screening (
	list_id INTEGER NOT NULL, 
	upto BIGINT NOT NULL, 
	target BIGINT NOT NULL, 
	chunk INTEGER NOT NULL, 
	epoch BIGINT NOT NULL, 
	CONSTRAINT pk_screening PRIMARY KEY (list_id), 
	CONSTRAINT fk_screening_list_id FOREIGN KEY(list_id) REFERENCES hash_list (id)
);
INSERT INTO "screening" VALUES(1,5,0,0,0);
CREATE TABLE signal (
	item_id INTEGER NOT NULL, 
	ordinal INTEGER NOT NULL, 
	origin TEXT NOT NULL, 
	subject TEXT NOT NULL, 
	verdict TEXT NOT NULL, 
	name TEXT NOT NULL, 
	location TEXT NOT NULL, 
	raw TEXT NOT NULL, 
	value TEXT NOT NULL, 
	trust TEXT NOT NULL, 
	nonstandard BOOLEAN NOT NULL, 
	CONSTRAINT pk_signal PRIMARY KEY (item_id, ordinal), 
	CONSTRAINT fk_signal_item_id FOREIGN KEY(item_id) REFERENCES item (id)
)
 WITHOUT ROWID

;
INSERT INTO "signal" VALUES(1,0,'file','UNREADABLE','UNKNOWN','unknown','jpeg:0xe0','12 bytes','segment past the end','DECLARED',0);
INSERT INTO "signal" VALUES(1,1,'file','UNREADABLE','UNKNOWN','unknown','jpeg:0x00','0 bytes','the file ends before its pixel data','DECLARED',0);
INSERT INTO "signal" VALUES(3,0,'declared','PERSON','DENY','person in text','file_name','person','person','SUSPECTED',0);
CREATE TABLE standing (
	person_id INTEGER NOT NULL, 
	record INTEGER NOT NULL, 
	from_at BIGINT NOT NULL, 
	until_at BIGINT NOT NULL, 
	profile_id INTEGER NOT NULL, 
	status SMALLINT NOT NULL, 
	evidence SMALLINT NOT NULL, 
	since_at BIGINT NOT NULL, 
	given_at BIGINT, 
	given_on INTEGER, 
	scoped BOOLEAN NOT NULL, 
	CONSTRAINT pk_standing PRIMARY KEY (person_id, record, from_at), 
	CONSTRAINT fk_standing_record FOREIGN KEY(record) REFERENCES record (id)
)
 WITHOUT ROWID

;
INSERT INTO "standing" VALUES(1,1,-4611686018427387904,1779267600000000,1,0,1,-4611686018427387904,NULL,NULL,0);
INSERT INTO "standing" VALUES(1,1,1779267600000000,4611686018427387904,1,3,1,1779267600000000,1779267600000000,20260520,0);
INSERT INTO "standing" VALUES(1,3,-4611686018427387904,1779267600000000,2,0,1,-4611686018427387904,NULL,NULL,1);
INSERT INTO "standing" VALUES(1,3,1779267600000000,4611686018427387904,2,3,1,1779267600000000,1779267600000000,20260520,1);
INSERT INTO "standing" VALUES(2,2,-4611686018427387904,1779267600000000,1,0,1,-4611686018427387904,NULL,NULL,0);
INSERT INTO "standing" VALUES(2,2,1779267600000000,1788253200000000,1,3,1,1779267600000000,1779267600000000,20260520,0);
INSERT INTO "standing" VALUES(2,2,1788253200000000,4611686018427387904,1,5,1,1788253200000000,NULL,20260520,0);
CREATE TABLE tally (
	collection_id INTEGER NOT NULL, 
	combination_id INTEGER NOT NULL, 
	images BIGINT NOT NULL, 
	CONSTRAINT pk_tally PRIMARY KEY (collection_id, combination_id), 
	CONSTRAINT fk_tally_collection_id FOREIGN KEY(collection_id) REFERENCES collection (id), 
	CONSTRAINT fk_tally_combination_id FOREIGN KEY(combination_id) REFERENCES combination (id)
)
 WITHOUT ROWID

;
INSERT INTO "tally" VALUES(1,1,0);
INSERT INTO "tally" VALUES(1,2,1);
INSERT INTO "tally" VALUES(1,3,1);
INSERT INTO "tally" VALUES(1,4,1);
INSERT INTO "tally" VALUES(1,5,1);
CREATE TABLE uncompared (
	list_id INTEGER NOT NULL, 
	content_id INTEGER NOT NULL, 
	CONSTRAINT pk_uncompared PRIMARY KEY (list_id, content_id), 
	CONSTRAINT fk_uncompared_list_id FOREIGN KEY(list_id) REFERENCES hash_list (id), 
	CONSTRAINT fk_uncompared_content_id FOREIGN KEY(content_id) REFERENCES content (id)
)
 WITHOUT ROWID

;
CREATE TABLE validity (
	collection_id INTEGER NOT NULL, 
	valid_from BIGINT NOT NULL, 
	valid_until BIGINT NOT NULL, 
	CONSTRAINT pk_validity PRIMARY KEY (collection_id), 
	CONSTRAINT fk_validity_collection_id FOREIGN KEY(collection_id) REFERENCES collection (id)
);
INSERT INTO "validity" VALUES(1,1795132800000000,1795219200000000);
CREATE INDEX ix_review_finding ON review (finding);
CREATE UNIQUE INDEX uq_hash_list_current ON hash_list (name) WHERE current = 1;
CREATE INDEX ix_record_person_id ON record (person_id);
CREATE UNIQUE INDEX uq_record_current ON record (record_id) WHERE current = 1;
CREATE INDEX ix_record_evidence_id ON record (evidence_id);
CREATE INDEX ix_listed_content_id ON listed (content_id);
CREATE INDEX ix_uncompared_content_id ON uncompared (content_id);
CREATE UNIQUE INDEX uq_item_current ON item (collection_id, "key") WHERE current = 1;
CREATE INDEX ix_item_content_id ON item (content_id);
CREATE INDEX ix_item_collection_id_key ON item (collection_id, "key");
CREATE INDEX ix_standing_record ON standing (record);
CREATE INDEX ix_depiction_person_id ON depiction (person_id);
CREATE INDEX ix_reach_record ON reach (record);
CREATE INDEX ix_likeness_group_id ON likeness (group_id);
COMMIT;
